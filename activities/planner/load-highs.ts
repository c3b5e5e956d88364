import loader, { type Highs } from 'highs';

// The package's types are those of CommonJS, in which the loader would be a field of what is imported here.
const load = loader as unknown as () => Promise<Highs>;

let loading: Promise<Highs> | undefined;

/** HiGHS as WebAssembly, loaded once a thread; about a tenth of a second the first time. */
export function loadHighs(): Promise<Highs> {
  loading ??= load();
  return loading;
}
