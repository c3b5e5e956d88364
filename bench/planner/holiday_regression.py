"""Ridge regression of log load on calendar, lags and events, by scikit-learn. Reads one JSON document on standard
input and writes one: {"points": [...]} with a number or null per row that the origins forecast."""

import json
import os
import sys

# One core, like every other method of the bench; it must be said before numpy is there.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
from sklearn.linear_model import Ridge

WEEK_HOURS = 168
HOURS_AROUND = 3
WHOLE_DAY_MS = 18 * 3_600_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
MOST_ROWS_TO_FIT = 12_000
MOST_ORIGINS_TO_REFIT_AT_EACH = 250
REFIT_DAYS = 7


def calendar_columns(day, hour, daily):
    if daily:
        week = np.eye(7)[day % 7]
        year = 2 * np.pi * day / 365.25
        return np.hstack([week, np.column_stack([np.sin(year), np.cos(year), np.sin(2 * year), np.cos(2 * year)])])
    return np.eye(WEEK_HOURS)[(day % 7) * 24 + hour]


def event_columns(at, step, hour, events, daily):
    """Per kind: before, while and after, with intensity; a whole day by hour as well."""
    columns = []
    reach = DAY_MS if daily else HOURS_AROUND * HOUR_MS
    for kind in sorted({event["kind"] for event in events}):
        while_, ranked, before, after = (np.zeros(len(at)) for _ in range(4))
        whole = np.zeros((len(at), 24))
        for event in (event for event in events if event["kind"] == kind):
            middle = at + step / 2
            inside = (middle >= event["startMs"]) & (middle < event["endMs"])
            before[(middle >= event["startMs"] - reach) & (middle < event["startMs"])] = 1
            after[(middle >= event["endMs"]) & (middle < event["endMs"] + reach)] = 1
            while_[inside] = 1
            ranked[inside] = event["intensity"] or 0
            if event["endMs"] - event["startMs"] >= WHOLE_DAY_MS and not daily:
                whole[inside, hour[inside]] = 1
        columns += [while_, ranked, before, after]
        if not daily:
            columns += list(whole.T)
    return np.array(columns).T if columns else np.zeros((len(at), 0))


def main():
    task = json.load(sys.stdin)
    step, origins = task["stepMs"], task["origins"]
    alpha, half_life_days = task["setting"]["alpha"], task["setting"]["halfLifeDays"]
    values = np.array([np.nan if value is None else value for value in task["values"]], dtype=float)
    day, hour = np.array(task["day"]), np.array(task["hour"])
    at = task["startMs"] + step * np.arange(len(values))
    daily = step >= DAY_MS
    known = values[: origins[0]["from"]]
    offset = 0.02 * np.nanmedian(known[known > 0]) if np.any(known > 0) else 1.0
    y = np.log(values + offset)
    fixed = np.hstack([calendar_columns(day, hour, daily), event_columns(at, step, hour, task["events"], daily)])
    # A finer series is fitted to a sample of its rows, so that each fit costs about the same.
    stride = max(1, int(np.ceil(len(values) / MOST_ROWS_TO_FIT)))
    horizon = max(origin["until"] - origin["from"] for origin in origins)
    per_week = int(round(7 * DAY_MS / step))
    lag = per_week * int(np.ceil(horizon / per_week))

    def level(index, length):
        """Mean of what was known, `length` rows long, at the origin of each row."""
        filled = np.where(np.isnan(y), 0.0, y)
        total = np.concatenate([[0.0], np.cumsum(filled)])
        count = np.concatenate([[0], np.cumsum(~np.isnan(y))])
        low = np.maximum(0, index - length)
        seen = count[index] - count[low]
        return np.where(seen > 0, (total[index] - total[low]) / np.maximum(seen, 1), 0.0)

    # Every row is described as at the origin that forecasts it; earlier rows as at an origin of the same cadence.
    origin_of = np.maximum(0, np.arange(len(values)) - (np.arange(len(values)) % max(1, horizon)))
    for origin in origins:
        origin_of[origin["from"] : origin["until"]] = origin["from"]
    lagged = np.concatenate([np.full(lag, np.nan), y[: len(y) - lag]]) if lag < len(y) else np.full(len(y), np.nan)
    week, last_day = level(origin_of, per_week), level(origin_of, max(1, per_week // 7))
    lagged = np.where(np.isnan(lagged), week, lagged)
    x = np.hstack([fixed, np.column_stack([lagged, week, last_day])])

    points, model, fitted_at = [], None, -(10**18)
    for origin in origins:
        start = origin["from"]
        often = len(origins) <= MOST_ORIGINS_TO_REFIT_AT_EACH
        if model is None or often or day[start] - fitted_at >= REFIT_DAYS:
            rows = np.arange(min(per_week, start // 2), start, stride)
            rows = rows[~np.isnan(y[rows])]
            if len(rows) > 10:
                weight = 0.5 ** ((day[start] - day[rows]) / half_life_days)
                model = Ridge(alpha=alpha).fit(x[rows], y[rows], sample_weight=weight)
                fitted_at = day[start]
        ahead = np.arange(start, origin["until"])
        if model is None:
            points += [None] * len(ahead)
            continue
        highest = np.nanmax(y[:start]) + 2
        predicted = np.exp(np.minimum(model.predict(x[ahead]), highest)) - offset
        points += [float(max(0.0, point)) for point in predicted]
    json.dump({"points": points}, sys.stdout)


main()
