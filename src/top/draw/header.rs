//! The head of the screen: verdict, loops, tasks, processor, and what the looks cost.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::Theme;
use crate::model::describe::age;
use crate::model::{VerdictState, describe};
use crate::plain_text::{clean, columns, cut};
use crate::top::loops::LoopEntry;
use crate::top::state::{Judged, TopState};
use crate::top::view::View;
use crate::top::words::{grouped, percent, signed};

/// A piece of a line, which is shown whole or not at all.
type Piece = (String, Style);

/// Least width of the picture of the lag.
const LEAST_HISTORY: usize = 12;
/// Below this width a loop has only its number.
const NARROW: usize = 80;
/// Greatest width of it.
const MOST_HISTORY: usize = 60;

/// The lines of the header.
pub(super) fn lines(
    state: &TopState,
    view: &View,
    width: usize,
    theme: Theme,
) -> [Line<'static>; 4] {
    [
        title(state, view, width, theme),
        verdict(state, width, theme),
        event_loop(state, width, theme),
        tasks(state, width, theme),
    ]
}

/// As many of the pieces as fit.
fn fit(pieces: Vec<Piece>, width: usize) -> Line<'static> {
    let mut spans = Vec::new();
    let mut used = 0;
    for (text, style) in pieces.into_iter().filter(|(text, _)| !text.is_empty()) {
        let gap = if used == 0 { "" } else { "  " };
        let needed = gap.len() + columns(&text);
        if used > 0 && used + needed > width {
            continue;
        }
        used += needed;
        spans.push(Span::raw(gap));
        spans.push(Span::styled(text, style));
    }
    Line::from(spans)
}

fn title(state: &TopState, view: &View, width: usize, theme: Theme) -> Line<'static> {
    let cost = state.cost;
    let looks = match (view.paused, state.ended_s.is_some()) {
        (_, true) => "ENDED".to_owned(),
        (true, false) => "PAUSED".to_owned(),
        (false, false) => match state.rate() {
            Some(reached) => format!("{} looks/s", rate(reached)),
            None => format!("{} looks/s asked", rate(cost.asked)),
        },
    };
    let style = match view.paused || state.ended_s.is_some() {
        true => theme.bad(),
        false => theme.dim(),
    };
    let mut right: Vec<Piece> = vec![(looks, style)];
    let is_less = state
        .rate()
        .is_some_and(|reached| reached < 0.6 * cost.asked);
    if is_less && !view.paused && state.ended_s.is_none() {
        right.push((format!("(asked {})", rate(cost.asked)), theme.warn()));
    }
    right.push((
        format!("own cpu {:.1} %", 100.0 * cost.own_cpu),
        theme.dim(),
    ));
    let right = fit(right, width / 2);
    let used = right.width();
    let room = width.saturating_sub(used + 2);
    let name = cut(&state.title, room).into_owned();
    let gap = width.saturating_sub(used + columns(&name));
    let mut line = Line::from(vec![
        Span::styled(name, theme.title()),
        Span::raw(" ".repeat(gap)),
    ]);
    line.spans.extend(right.spans);
    line
}

fn rate(rate: f64) -> String {
    match rate {
        rate if rate < 1.0 => format!("{rate:.2}"),
        rate if rate < 10.0 => format!("{rate:.1}"),
        rate => format!("{rate:.0}"),
    }
}

fn verdict(state: &TopState, width: usize, theme: Theme) -> Line<'static> {
    if let Some(ended_s) = state.ended_s {
        let last = state.judged.as_ref();
        let last = last.map(|it| format!("its last verdict: {}", it.verdict.state));
        let ago = describe::duration((state.clock_s - ended_s).max(0.0));
        return fit(
            vec![
                (format!("it ended {ago} ago"), theme.bad()),
                ("the last picture stays".to_owned(), theme.dim()),
                (last.unwrap_or_default(), Style::new()),
            ],
            width,
        );
    }
    if let Some(why) = &state.failed {
        return Line::styled(format!("it cannot be read: {why}"), theme.bad());
    }
    let Some(judged) = &state.judged else {
        return Line::styled("the first verdict is being made", theme.dim());
    };
    let (word, style) = word(judged, theme);
    let ago = format!(
        "({} ago)",
        describe::duration((state.clock_s - judged.at_s).max(0.0))
    );
    let room = width.saturating_sub(columns(&word) + columns(&ago) + 4);
    let mut said = clean(&judged.verdict.summary).into_owned();
    if let Some(culprit) = &judged.culprit {
        let file = culprit.file.rsplit('/').next().unwrap_or_default();
        said = format!("{said}; {}:{}", clean(file), culprit.line);
    }
    fit(
        vec![
            (word, style),
            (cut(&said, room).into_owned(), Style::new()),
            (ago, theme.dim()),
        ],
        width,
    )
}

fn word(judged: &Judged, theme: Theme) -> Piece {
    let style = match judged.verdict.state {
        VerdictState::Hung | VerdictState::BlockedLoop | VerdictState::Livelock => theme.bad(),
        VerdictState::Busy => theme.good(),
        VerdictState::Waiting
        | VerdictState::Idle
        | VerdictState::Starting
        | VerdictState::Unknown => theme.strong(),
    };
    let word = judged
        .verdict
        .state
        .as_str()
        .to_uppercase()
        .replace('-', " ");
    (word, style)
}

fn event_loop(state: &TopState, width: usize, theme: Theme) -> Line<'static> {
    let loops = state.loops.worst_first();
    let Some(worst) = loops.first() else {
        return Line::styled("no event loop was seen", theme.dim());
    };
    let name = match width < NARROW {
        true => worst.name.split(' ').next().unwrap_or_default(),
        false => &worst.name,
    };
    let mut pieces: Vec<Piece> = vec![(format!("loop {name}"), theme.strong())];
    match worst.lag() {
        Some(lag) => {
            pieces.push((
                format!(
                    "lag p50 {} p99 {} max ≥{}",
                    short(lag.p50_s),
                    short(lag.p99_s),
                    short(lag.max_s)
                ),
                match lag.p99_s >= SLOW_S {
                    true => theme.warn(),
                    false => Style::new(),
                },
            ));
        }
        None => pieces.push(("lag not known".to_owned(), theme.dim())),
    }
    if let Some(known) = worst.known().filter(|known| (0.0..MOST).contains(known))
        && worst.lag().is_some()
    {
        let text = format!("(of {} of the looks)", percent(known));
        pieces.push((text, theme.warn()));
    }
    if let Some(busy) = worst.busy() {
        pieces.push((format!("busy {}", percent(busy)), Style::new()));
    }
    if worst.is_blocked {
        pieces.push((worst.now.clone(), theme.bad()));
    }
    if loops.len() > 1 {
        let text = format!("+{} loops", loops.len() - 1);
        pieces.push((text, theme.dim()));
    }
    if let Some(ready) = worst.ready {
        pieces.push((format!("ready {ready}"), Style::new()));
    }
    let line = fit(pieces, width);
    with_history(line, worst, state, width, theme)
}

/// A lag, which often is none at all.
fn short(seconds: f64) -> String {
    match seconds {
        0.0 => "0 ms".to_owned(),
        seconds => age(seconds),
    }
}

/// If fewer looks than this part know the lag, that is said.
const MOST: f64 = 0.95;
/// p99 of the lag from which on it is marked, in seconds.
const SLOW_S: f64 = 0.05;

/// The greatest lag of each part of the last minute, as bars.
fn with_history(
    mut line: Line<'static>,
    entry: &LoopEntry,
    state: &TopState,
    width: usize,
    theme: Theme,
) -> Line<'static> {
    let room = width.saturating_sub(line.width() + 3).min(MOST_HISTORY);
    let Some(lag) = entry.lag().filter(|_| room >= LEAST_HISTORY) else {
        return line;
    };
    const BARS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
    let greatest = lag.max_s.max(0.001);
    let bars: String = (entry.history(state.now_s, room).into_iter())
        .map(|age_s| match age_s {
            None => " ",
            Some(age_s) => {
                let bar = (age_s / greatest * 7.0).round() as usize;
                BARS[bar.min(BARS.len() - 1)]
            }
        })
        .collect();
    line.spans
        .push(Span::styled(format!("  {bars}"), theme.dim()));
    line
}

fn tasks(state: &TopState, width: usize, theme: Theme) -> Line<'static> {
    let counts = state.counts;
    let mut pieces: Vec<Piece> = vec![(format!("{} tasks", grouped(counts.all())), theme.strong())];
    match state.growth.grown() {
        Some((grown, passed)) => {
            let style = match grown > 0 {
                true => theme.warn(),
                false => Style::new(),
            };
            pieces.push((format!("{} in {passed:.0} s", signed(grown)), style));
        }
        None => pieces.push(("growth not known yet".to_owned(), theme.dim())),
    }
    let states = [
        (counts.running, "running"),
        (counts.ready, "ready"),
        (counts.waiting, "waiting"),
    ];
    let states: Vec<String> = states
        .iter()
        .map(|(count, word)| format!("{} {word}", grouped(*count)))
        .collect();
    let cpu = match state.threads.cpu() {
        Some(cpu) => format!("cpu {}", percent(cpu)),
        None => "cpu not known yet".to_owned(),
    };
    let gil = match (state.free_threaded, state.loops.gil()) {
        (true, _) => "no GIL".to_owned(),
        (false, Some((held, waiting))) if waiting >= 0.05 => {
            format!("GIL {}, {waiting:.1} wait", percent(held))
        }
        (false, Some((held, _))) => format!("GIL {}", percent(held)),
        (false, None) => String::new(),
    };
    pieces.push((cpu, Style::new()));
    pieces.push((gil, Style::new()));
    pieces.push((states.join(", "), Style::new()));
    let threads = format!("{} threads", grouped(state.threads.all().len()));
    pieces.push((threads, theme.dim()));
    fit(pieces, width)
}
