/**
 * What is known of a market's weddings over the year. Derived from the table `weddings/seasonality.json` of public
 * figures (press, statistics offices, open data; read in August 2026): fields were selected and no figure changed.
 * Figures are facts and the pages they were read on are named; the French, Toronto, Turkish and American months are
 * from INSEE, the City of Toronto, TUIK and NVSS. `null` is not evidenced and is never filled in here.
 */
export interface MarketEvidence {
  readonly id: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** IANA zone most of its people live in. */
  readonly timeZone: string;
  /** Year of `weddingsPerYear`; shares name their own. */
  readonly year: number;
  readonly weddingsPerYear: number | null;
  /** Who counted: a statistics office, the press or trade, or a survey of couples. */
  readonly quality: 'official' | 'press' | 'survey';
  /** Share of a year's weddings by month, January first; of several years where several were published. */
  readonly months: Evidenced;
  /** Share of a year's weddings by weekday, Monday first. */
  readonly weekdays: Evidenced;
  /** Further figures of the market on another basis, the ones to be preferred first. */
  readonly others: readonly OtherEvidence[];
  readonly sources: readonly string[];
}

/** Shares (0 to 1) and what they are shares of; null where nothing is evidenced. */
export interface Evidenced {
  readonly basis: string | null;
  readonly shares: readonly (number | null)[];
}

/** Shares of a year's weddings on another basis: by month, weekday (Monday first) or quarter. */
export interface OtherEvidence {
  readonly basis: string;
  readonly months?: readonly (number | null)[];
  readonly weekdays?: readonly (number | null)[];
  readonly quarters?: readonly (number | null)[];
}

/** The 22 markets with figures, sorted by id. */
export const MARKET_EVIDENCE: readonly MarketEvidence[] = [
  {
    id: 'ae',
    country: 'AE',
    timeZone: 'Asia/Dubai',
    year: 2020,
    weddingsPerYear: 17653,
    quality: 'press',
    months: {
      basis: '2020, FCSC as reported',
      shares: [null, null, null, null, null, null, null, 0.143, null, null, null, null],
    },
    weekdays: { basis: null, shares: [null, null, null, null, null, null, null] },
    others: [],
    sources: [
      'https://ips.media/?p=45168',
      'https://gulfnews.com/world/court-crime/dubai-records-4782-marriages-in-first-nine-months-of-2025-1.500338497',
      'https://menafn.com/1110620670/13-Weddings-An-Hour-Abu-Dhabis-Civil-Marriage-Boom-Continues-In-2025',
      'http://www.sirajlive.com/2014/09/11/126452.html',
    ],
  },
  {
    id: 'au',
    country: 'AU',
    timeZone: 'Australia/Sydney',
    year: 2024,
    weddingsPerYear: 120844,
    quality: 'official',
    months: {
      basis: 'about 2013, ABS 3310.0 as summarised on a venue page (rounded)',
      shares: [null, null, 0.12, 0.1, null, 0.05, 0.05, null, null, 0.11, 0.12, null],
    },
    weekdays: { basis: null, shares: [null, null, null, null, null, null, null] },
    others: [
      {
        basis: '2011, ABS',
        months: [null, null, null, null, null, 0.048, null, null, null, 0.126, 0.129, null],
      },
      {
        basis: '2009, ABS',
        months: [null, null, null, null, null, null, 0.044, null, null, 0.13, 0.11, null],
      },
      {
        basis: '2008, ABS',
        months: [null, null, 0.119, null, null, null, 0.042, null, null, null, 0.127, null],
      },
    ],
    sources: [
      'https://www.sbs.com.au/news/article/australias-favourite-day-to-tie-the-knot-and-how-long-marriages-are-lasting/i65m5seyx',
      'https://pearlsonthebeach.com.au/marriages-and-weddings-in-australia-infographic/',
      'https://abs.gov.au/ausstats/abs@.nsf/Latestproducts/F06C31EC3F2E7454CA257AC5001130AB',
      'https://abs.gov.au/AUSSTATS/abs@.nsf/7d12b0f6763c78caca257061001cc588/9185808176ED2542CA2577ED001461BC',
      'http://www.abs.gov.au/ausstats/abs@.nsf/bb8db737e2af84b8ca2571780015701e/B3040FB649B1F02CCA2576200015A527',
      'https://news.mashaher.net/2024/08/17/from-the-big-day-to-divorce-the-numbers-behind-australias-marriages-mashaher',
    ],
  },
  {
    id: 'br',
    country: 'BR',
    timeZone: 'America/Sao_Paulo',
    year: 2023,
    weddingsPerYear: 940799,
    quality: 'official',
    months: {
      basis: '2023, IBGE Registro Civil, all twelve months',
      shares: [0.0699, 0.0596, 0.0784, 0.0695, 0.083, 0.0771, 0.08, 0.0784, 0.0956, 0.0919, 0.1012, 0.1154],
    },
    weekdays: { basis: null, shares: [null, null, null, null, null, null, null] },
    others: [],
    sources: [
      'https://semearnoticias.com.br/ibge-revela-dados-de-2023-sobre-nascimentos-e-casamentos-no-brasil',
      'https://g1.globo.com/economia/noticia/2025/05/16/mapa-saiba-quantos-nascimentos-mortes-casamentos-e-divorcios-foram-registrados-em-2023-na-sua-cidade.ghtml',
    ],
  },
  {
    id: 'ca',
    country: 'CA',
    timeZone: 'America/Toronto',
    year: 2019,
    weddingsPerYear: 146121,
    quality: 'official',
    months: { basis: null, shares: [null, null, null, null, null, null, null, null, null, null, null, null] },
    weekdays: { basis: null, shares: [null, null, null, null, null, null, null] },
    others: [],
    sources: ['https://www.statcan.gc.ca/o1/en/plus/2507-marriage-i-do-more-i-dont'],
  },
  {
    id: 'ca-toronto',
    country: 'CA',
    timeZone: 'America/Toronto',
    year: 2023,
    weddingsPerYear: 16036,
    quality: 'official',
    months: {
      basis: '2015-2019 pooled',
      shares: [0.0476, 0.0505, 0.0733, 0.0853, 0.1091, 0.119, 0.1313, 0.1275, 0.0879, 0.0679, 0.0522, 0.0484],
    },
    weekdays: { basis: null, shares: [null, null, null, null, null, null, null] },
    others: [],
    sources: ['https://github.com/michj3/toronto-marriage-licenses'],
  },
  {
    id: 'cn',
    country: 'CN',
    timeZone: 'Asia/Shanghai',
    year: 2024,
    weddingsPerYear: 6106000,
    quality: 'press',
    months: { basis: null, shares: [null, null, null, null, null, null, null, null, null, null, null, null] },
    weekdays: { basis: null, shares: [null, null, null, null, null, null, null] },
    others: [
      {
        basis: '2024 registrations by quarter from cumulative counts 1.969, 3.43, 4.747 and 6.106 million',
        quarters: [0.3225, 0.2393, 0.2157, 0.2226],
      },
    ],
    sources: [
      'https://www.ibnews.com/2025/07/30/china-will-handle-6-106-million-marriage-registrations-in-2024',
      'http://www.zangshuxian.com/new/735650254289898496',
      'https://news.cnyes.com/news/id/5951334',
      'http://encanthe.com/tzrd/494891.html',
      'http://ifengweekly.com/detil.php?id=19420',
      'https://eng.danfetv.com/?p=87249',
      'http://m.qypowez.cn/dy/article/K8CI4LLA051492T3.html?f=post2020_dy_recommends',
      'http://www.thepaper.cn/newsDetail_forward_24335117',
    ],
  },
  {
    id: 'de',
    country: 'DE',
    timeZone: 'Europe/Berlin',
    year: 2023,
    weddingsPerYear: 360979,
    quality: 'official',
    months: {
      basis: '2011-2020 average, Destatis',
      shares: [0.024, 0.035, null, null, null, null, 0.12, 0.132, null, null, null, null],
    },
    weekdays: { basis: null, shares: [null, null, null, null, null, null, null] },
    others: [
      {
        basis: '2019-2023, all states',
        months: [null, null, null, null, null, null, 0.122, 0.126, 0.123, null, null, null],
      },
      {
        basis: 'June 2023: 47,851 of 360,979',
        months: [null, null, null, null, null, 0.1326, null, null, null, null, null, null],
      },
      { basis: 'Hesse, about 2003-2007', weekdays: [null, null, null, 0.17, 0.45, 0.16, null] },
    ],
    sources: [
      'https://www.presseportal.de/pm/32102/5135322',
      'https://de.statista.com/statistik/daten/studie/1323/umfrage/eheschliessungen-in-deutschland',
      'https://de.statista.com/statistik/daten/studie/269662/umfrage/anzahl-der-eheschliessungen-in-deutschland-nach-monaten',
      'https://www.sat1regional.de/newsticker/hamburger-heiraten-am-wetterfestesten/',
      'https://www.seknews.de/2008/08/06/neuer-heiratsrekord-am-08082008/print/',
      'http://www.stala.sachsen-anhalt.de/Internet/Home/Veroeffentlichungen/Pressemitteilungen/2017/06/139.html',
      'https://www.gea.de/land_artikel,-weniger-trauungen-2023-in-baden-w%C3%BCrttemberg-_arid,6929823.html',
    ],
  },
  {
    id: 'es',
    country: 'ES',
    timeZone: 'Europe/Madrid',
    year: 2021,
    weddingsPerYear: 147823,
    quality: 'official',
    months: {
      basis: 'INE table 36158 (provisional), total 147,823; the year 2021 is inferred from the total',
      shares: [
        0.0372, 0.0423, 0.0527, 0.0609, 0.0886, 0.1235, 0.1326, 0.0714, 0.1338, 0.1229, 0.0738, 0.0601,
      ],
    },
    weekdays: { basis: null, shares: [null, null, null, null, null, null, null] },
    others: [],
    sources: [
      'https://www.ine.es/jaxi/files/tpx/en/csv_sc/36158.csv',
      'https://www.ine.es/jaxi/files/_px/en/csv/t20/e301/matri/a2000/l0/14006.csv?nocab=1',
      'https://ine.es/jaxiT3/files/t/es/csv/6530.csv',
    ],
  },
  {
    id: 'fr',
    country: 'FR',
    timeZone: 'Europe/Paris',
    year: 2019,
    weddingsPerYear: 224740,
    quality: 'official',
    months: {
      basis: '2015-2019 pooled, INSEE',
      shares: [0.0275, 0.0326, 0.0393, 0.0706, 0.1011, 0.1515, 0.1507, 0.1329, 0.1343, 0.0732, 0.0382, 0.048],
    },
    weekdays: { basis: '2019, INSEE', shares: [null, null, null, null, 0.095, 0.816, 0.002] },
    others: [],
    sources: [
      'https://github.com/marieguib/2022_series-temp_mariages',
      'https://devizu.news/?p=1537',
      'https://www.insee.fr/fr/statistiques/5018214?sommaire=5012968',
      'https://insee.fr/fr/statistiques/7929432?sommaire=7738601',
      'https://www.insee.fr/fr/statistiques/6796472?sommaire=6790719',
    ],
  },
  {
    id: 'gb-england-wales',
    country: 'GB',
    timeZone: 'Europe/London',
    year: 2023,
    weddingsPerYear: 224402,
    quality: 'official',
    months: {
      basis: '2023, ONS as reported',
      shares: [0.026, null, null, null, null, null, null, 0.143, null, null, null, null],
    },
    weekdays: { basis: '2023, ONS as reported', shares: [null, null, null, null, null, 0.419, null] },
    others: [
      {
        basis: '1995-2013, 4.9 million marriages (ONS data analysed by Trinity Mirror)',
        months: [null, null, null, null, null, null, 0.131, 0.157, 0.13, null, null, null],
      },
      {
        basis: '1995-2013, 4.9 million marriages (ONS data analysed by Trinity Mirror)',
        weekdays: [0.04, 0.033, 0.04, 0.05, 0.17, 0.62, 0.044],
      },
    ],
    sources: [
      'https://papalinc.com/did-you-get-married-on-the-most-popular-day-of-the-year-latest-figures-reveal-likeliest-date-for-brits-to-have-their-wedding/?amp=1&noamp=mobile',
      'https://www.ons.gov.uk/peoplepopulationandcommunity/birthsdeathsandmarriages/marriagecohabitationandcivilpartnerships/bulletins/marriagesinenglandandwalesprovisional/2021and2022',
      'https://d33gy59ovltp76.cloudfront.net/news/love-is-in-the-air-the-most-popular-places-for-marriage-in-england-and-wales',
      'http://www.statista.com/statistics/364547/most-popular-wedding-dates-england-and-wales/',
      'http://www.pressreader.com/uk/hinckley-times/20180228/282329680433237',
    ],
  },
  {
    id: 'gb-scotland',
    country: 'GB',
    timeZone: 'Europe/London',
    year: 2022,
    weddingsPerYear: 30033,
    quality: 'official',
    months: { basis: null, shares: [null, null, null, null, null, null, null, null, null, null, null, null] },
    weekdays: { basis: null, shares: [null, null, null, null, null, null, null] },
    others: [{ basis: 'Q1 2022 and Q2 2012, NRS', quarters: [0.1221, 0.2998, null, null] }],
    sources: [
      'https://www.thecourier.co.uk/news/scotland/4573573/scotland-sees-sharpest-rise-in-marriages-since-post-war-years/',
      'https://www.nrscotland.gov.uk/news/2022/marriage-numbers-in-quarter-1-increase-by-21',
      'https://www.scotsman.com/news/scots-saying-i-do-marriage-19-year-high-2511719',
      'https://mshblegal.com/news/marriage-and-civil-partnership-in-scotland.html',
      'https://www.heraldscotland.com/news/18657252.scottish-weddings-civil-partnerships-drop-90-per-cent-amid-covid-restrictions/?ref=rss',
      'https://travelagents10.com/GB/Edinburgh/329770243842981/Claire-the-Humanist',
    ],
  },
  {
    id: 'ie',
    country: 'IE',
    timeZone: 'Europe/Dublin',
    year: 2023,
    weddingsPerYear: 21159,
    quality: 'official',
    months: {
      basis: '2023, CSO',
      shares: [0.0314, null, null, null, null, null, null, 0.1254, null, null, null, null],
    },
    weekdays: { basis: '2023, CSO', shares: [null, null, null, null, 0.3506, null, 0.0337] },
    others: [
      {
        basis: '2007, CSO',
        months: [0.03, null, null, null, null, null, null, 0.15, null, null, null, null],
      },
    ],
    sources: [
      'http://irishindianchronicle.com/irish-marriages-see-significant-decline-in-2023-report/',
      'https://extra.ie/2024/04/29/news/census-married-data-2023',
      'https://advertiser.ie/mayo/article/34172/cso-figures-show-average-age-of-bride-and-groom-continues-to-rise',
    ],
  },
  {
    id: 'in',
    country: 'IN',
    timeZone: 'Asia/Kolkata',
    year: 2024,
    weddingsPerYear: null,
    quality: 'press',
    months: { basis: null, shares: [null, null, null, null, null, null, null, null, null, null, null, null] },
    weekdays: { basis: null, shares: [null, null, null, null, null, null, null] },
    others: [
      {
        basis: '2022, WeddingWire India as reported by Business Standard',
        months: [null, 0.1549, null, null, null, null, null, null, null, null, null, 0.215],
        weekdays: [null, null, null, null, 0.197, null, 0.2],
      },
    ],
    sources: [
      'https://www.ndtvprofit.com/business/wedding-bells-ring-louder-traders-body-sees-10-surge-in-seasonal-business-to-rs-65-lakh-crore',
      'https://www.patrika.com/en/national-news/wedding-season-rs-6-lakh-crore-to-flow-into-the-economy-from-4-8-million-weddings-19119677',
      'https://www.indiatvnews.com/trending/news/50-000-marriages-on-november-12-in-delhi-ncr-here-s-the-reason-behind-this-wedding-rush-2024-11-11-961060',
      'https://www.saamana.com/?p=685119',
      'https://bsppd.business-standard.com/amp/article/current-affairs/weddings-back-with-a-bang-in-2022-they-cost-33-more-than-in-2021-123011900795_1.html',
    ],
  },
  {
    id: 'it',
    country: 'IT',
    timeZone: 'Europe/Rome',
    year: 2023,
    weddingsPerYear: 184207,
    quality: 'official',
    months: { basis: null, shares: [null, null, null, null, null, null, null, null, null, null, null, null] },
    weekdays: { basis: null, shares: [null, null, null, null, null, null, null] },
    others: [{ basis: '2023, religious weddings', weekdays: [null, 0.035, null, null, null, 0.531, null] }],
    sources: [
      'https://www.italiachiamaitalia.it/istat-litalia-si-conferma-meta-del-turismo-matrimoniale-sabato-il-giorno-preferito-per-sposarsi/',
      'https://www.loschermo.it/la-provincia-di-lucca-non-segue-la-tendenza-italiana-della-diminuzione-dei-matrimoni-numeri-aumentati-rispetto-a-dieci-anni-fa/',
      'https://therealwedding.it/?p=13216',
    ],
  },
  {
    id: 'jp',
    country: 'JP',
    timeZone: 'Asia/Tokyo',
    year: 2023,
    weddingsPerYear: 474717,
    quality: 'survey',
    months: {
      basis: 'ceremonies, Zexy trend survey 2023 (national, sums to 0.999)',
      shares: [0.037, 0.058, 0.073, 0.084, 0.115, 0.077, 0.075, 0.059, 0.097, 0.135, 0.128, 0.061],
    },
    weekdays: {
      basis: 'ceremonies, greater Tokyo, Zexy 2015 (weekdays together 0.121, public holidays 0.036)',
      shares: [null, null, null, null, null, 0.487, 0.322],
    },
    others: [],
    sources: [
      'https://zexy.net/article/app000101369/?relatedArticleNumber=5',
      'https://www.ibjapan.com/area/tokyo/48385/blog/78715',
      'http://bridal-souken.net/research_news/2016/06/160601.html',
      'https://wic-net.com/material/document/15049/16',
      'https://social-care.biz/2019/07/28/%e3%80%8c%e4%bb%a4%e5%92%8c%e5%a9%9a%e3%80%8d%e3%81%a7%ef%bc%95%e6%9c%88%e5%a9%9a%e5%a7%bb%e6%95%b0%ef%bc%99%e4%b8%87%e4%bb%b6-%e4%bd%99-%e6%98%a8%e5%b9%b4%e3%81%ae%ef%bc%92%e5%80%8d%e3%82%82%e5%87%ba',
    ],
  },
  {
    id: 'kr',
    country: 'KR',
    timeZone: 'Asia/Seoul',
    year: 2024,
    weddingsPerYear: 222000,
    quality: 'official',
    months: {
      basis: '2000-2012 average by month of the wedding (4,174,584 weddings), Statistics Korea as reported',
      shares: [null, null, null, null, 0.1079, null, 0.0428, 0.0428, 0.0608, 0.1194, 0.1179, null],
    },
    weekdays: { basis: null, shares: [null, null, null, null, null, null, null] },
    others: [],
    sources: [
      'https://news.sbs.co.kr/news/endPage.do?news_id=N1008028388',
      'https://nocutnews.co.kr/news/1121675',
      'https://www.ilyo.co.kr/?ac=article_view&entry_id=107772',
      'https://bargoose65.rssing.com/chan-56020058/article3825.html',
      'https://m.blog.naver.com/ash1106/223397452223',
      'https://www.keyzard.cc/ash1106/tt/11410',
    ],
  },
  {
    id: 'mx',
    country: 'MX',
    timeZone: 'America/Mexico_City',
    year: 2022,
    weddingsPerYear: 507052,
    quality: 'official',
    months: {
      basis: '2022, INEGI EMAT (July rounded to 45,000)',
      shares: [null, 0.1092, null, null, null, null, 0.0887, null, null, null, null, 0.1095],
    },
    weekdays: { basis: null, shares: [null, null, null, null, null, null, null] },
    others: [],
    sources: [
      'https://siete24.mx/mexico/nacional/aumentan-matrimonios-en-mexico-durante-2022-inegi/',
      'https://desdepuebla.com/?p=553081',
      'https://www.meganoticias.mx/guaymas/noticia/matrimonios-en-mexico-disminuyen-un-13/636532',
    ],
  },
  {
    id: 'nl',
    country: 'NL',
    timeZone: 'Europe/Amsterdam',
    year: 2024,
    weddingsPerYear: 68000,
    quality: 'official',
    months: {
      basis: '2024 article, CBS',
      shares: [null, null, null, null, null, null, null, null, null, null, null, 0.04],
    },
    weekdays: {
      basis: 'CBS: Monday and Tuesday from 2025 article; Friday "about a third" from 2020',
      shares: [0.18, 0.16, null, null, 0.33, null, null],
    },
    others: [],
    sources: [
      'https://www.rd.nl/artikel/1096006-valentijnsdag-populaire-trouwdag-in-februari',
      'https://longreads.cbs.nl/the-netherlands-in-numbers-2020/what-are-our-favourite-wedding-dates/',
      'http://www.blikopnieuws.nl/economie/261313/trouwen-op-valentijnsdag.html',
      'https://www.cbs.nl/nl-nl/nieuws/2001/43/trouwen-het-liefst-op-een-zomerse-vrijdag',
    ],
  },
  {
    id: 'nz',
    country: 'NZ',
    timeZone: 'Pacific/Auckland',
    year: 2022,
    weddingsPerYear: 18858,
    quality: 'official',
    months: { basis: null, shares: [null, null, null, null, null, null, null, null, null, null, null, null] },
    weekdays: { basis: null, shares: [null, null, null, null, null, null, null] },
    others: [
      { basis: '2012: first three months 0.4, June to August 0.1', quarters: [0.4, null, null, null] },
    ],
    sources: [
      'https://www.scoop.co.nz/stories/AK2305/S00069/marriages-bouncing-back-after-covid.htm',
      'https://nzherald.co.nz/nz/marriages-up-divorces-down-in-2007/D2EWLD3VDIFAT2VNPK3LXHYBB4',
      'https://m.scoop.co.nz/stories/CU0805/S00048.htm',
      'http://archive.stats.govt.nz/browse_for_stats/snapshots-of-nz/yearbook/society/nz-life/a-union.aspx',
      'https://m.scoop.co.nz/stories/AK1805/S00411/stats-nz-counts-kiwi-couples-in-and-out-of-love.htm',
    ],
  },
  {
    id: 'tr',
    country: 'TR',
    timeZone: 'Europe/Istanbul',
    year: 2013,
    weddingsPerYear: 600138,
    quality: 'official',
    months: {
      basis: '2009-2013 pooled',
      shares: [0.0566, 0.0561, 0.0592, 0.0746, 0.0909, 0.1202, 0.1193, 0.087, 0.1051, 0.0907, 0.0742, 0.0663],
    },
    weekdays: { basis: null, shares: [null, null, null, null, null, null, null] },
    others: [],
    sources: ['https://search.r-project.org/CRAN/refmans/WaveletComp/html/marriages.Turkey.html'],
  },
  {
    id: 'us',
    country: 'US',
    timeZone: 'America/New_York',
    year: 2022,
    weddingsPerYear: 2065905,
    quality: 'official',
    months: {
      basis: '2005-2009 pooled, NVSS provisional',
      shares: [0.0541, 0.0624, 0.0702, 0.0769, 0.0923, 0.1067, 0.1066, 0.1048, 0.0962, 0.0926, 0.0702, 0.067],
    },
    weekdays: { basis: null, shares: [null, null, null, null, null, null, null] },
    others: [],
    sources: [
      'https://am1.news/usconservative/topic/watimes/6-slug-us-marriage-numbers-rebounded-to-pre-pandemic-levels-in-2022',
      'https://github.com/avery32/DS-4002-Project-2',
      'https://star102cleveland.radio.com/blogs/glenn-anderson/saturday-most-popular-wedding-day-year',
      'http://blog.theknot.com/2013/10/08/the-most-popular-day-to-get-married-this-year-is/',
      'http://blog.theknot.com/2014/06/13/and-the-most-popular-day-to-get-married-this-year-is/',
      'https://www.meritagedj.com/post/2018/09/06/september-is-the-month',
      'https://ellwoodcity.org/2024/01/15/hitched-unhitched-fall-into-love',
    ],
  },
  {
    id: 'za',
    country: 'ZA',
    timeZone: 'Africa/Johannesburg',
    year: 2022,
    weddingsPerYear: 111784,
    quality: 'official',
    months: {
      basis: '2017, civil marriages by month of solemnisation, Stats SA',
      shares: [null, null, null, null, null, 0.066, null, null, null, null, null, 0.129],
    },
    weekdays: { basis: null, shares: [null, null, null, null, null, null, null] },
    others: [],
    sources: [
      'https://businesstech.co.za/news/lifestyle/760351/big-shift-in-marriages-and-divorces-in-south-africa-2/',
      'http://divorceattorneycapetown.co.za/divorce-statistics/',
    ],
  },
];
