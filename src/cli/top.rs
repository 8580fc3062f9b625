//! `dapper-attach top`

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::TryRecvError;
use std::time::{Duration, Instant};

use ratatui::crossterm::event;
use ratatui::crossterm::style::force_color_output;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::failure::Failure;
use super::screen::{self, Screen};
use super::top_arguments::TopArguments;
use crate::inspect::following::{FollowOptions, Follower, News};
use crate::process::proc::list::{Candidate, python_processes};
use crate::top::picker::Picked;
use crate::top::state::Variables;
use crate::top::{Choice, Cost, Effect, Picker, Theme, TopState, View, action, draw};

/// Longest time for which keys are waited for before looks are taken in.
const PERIOD: Duration = Duration::from_millis(40);
/// Least time between two pictures that no key asks for.
const PICTURE: Duration = Duration::from_millis(200);
/// A picture takes at most this part of the time.
const PICTURE_PART: u32 = 8;
/// The own processor time is measured over this time.
const COST_PERIOD: Duration = Duration::from_secs(5);

/// Shows a process until the user has seen enough.
///
/// # Errors
/// If there is no terminal, or the process cannot be read.
pub(super) fn run(arguments: &TopArguments) -> Result<(), Failure> {
    if !screen::is_there() {
        return Err(Failure::new(
            "terminal",
            "top needs a terminal for its input and output",
            Some("watch prints lines, record writes files, and the report is text".into()),
        ));
    }
    let end = signals()?;
    screen::end_in_any_case(Arc::clone(&end));
    let colours = match arguments.color {
        clap::ColorChoice::Auto => {
            anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
        }
        clap::ColorChoice::Always => true,
        clap::ColorChoice::Never => false,
    };
    force_color_output(colours);
    let theme = Theme { colours };
    let pid = match arguments.pid {
        Some(pid) => pid,
        None => match choose(&end, theme)? {
            Some(pid) => pid,
            None => return Ok(()),
        },
    };
    let follower = Follower::open(&FollowOptions {
        pid,
        rate: arguments.rate,
        max_overhead: arguments.max_overhead / 100.0,
        verdict_every: arguments.every,
    })?;
    let mut live = Live {
        follower,
        state: TopState::default(),
        view: View::new(arguments.rate),
        began: Instant::now(),
        cpu: VecDeque::new(),
        theme,
    };
    let mut screen = Screen::take().map_err(terminal)?;
    let shown = live.run(&mut screen, &end);
    drop(screen);
    match (shown, Screen::has_panicked()) {
        (_, true) => Err(Failure::new(
            "internal",
            "it ended by a mistake of its own",
            None,
        )),
        // The terminal has gone.
        (Err(_), false) if end.load(Ordering::Relaxed) => Ok(()),
        (Err(error), false) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        (shown, false) => shown.map_err(terminal),
    }
}

fn terminal(error: io::Error) -> Failure {
    Failure::new(
        "terminal",
        format!("the terminal cannot be used: {error}"),
        None,
    )
}

/// What becomes true at a signal that ends the program.
fn signals() -> Result<Arc<AtomicBool>, Failure> {
    let end: Arc<AtomicBool> = Arc::default();
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&end)).map_err(|error| {
            Failure::new(
                "signals",
                format!("signals cannot be received: {error}"),
                None,
            )
        })?;
    }
    Ok(end)
}

/// Lets the user choose a process. `None` if none is wanted.
fn choose(end: &AtomicBool, theme: Theme) -> Result<Option<u32>, Failure> {
    let mut screen = Screen::take().map_err(terminal)?;
    let mut picker = Picker::default();
    picker.set(choices());
    let mut picked = || -> io::Result<Option<u32>> {
        loop {
            screen.terminal.draw(|frame| {
                let area = frame.area();
                picker.draw(area, frame.buffer_mut(), theme);
            })?;
            while !screen::wait_for_event(PERIOD)? {
                if end.load(Ordering::Relaxed) {
                    return Ok(None);
                }
            }
            let action = action(&event::read()?, picker.typing);
            match action.and_then(|action| picker.apply(action)) {
                Some(Picked::Process(pid)) => return Ok(Some(pid)),
                Some(Picked::Nothing) => return Ok(None),
                Some(Picked::Again) => picker.set(choices()),
                None => {}
            }
        }
    };
    match picked() {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(None),
        picked => picked.map_err(terminal),
    }
}

fn choices() -> Vec<Choice> {
    let choice = |it: Candidate| Choice {
        pid: it.pid,
        user: it.user.unwrap_or_else(|| it.uid.to_string()),
        command: match it.command.is_empty() {
            true => it.executable.unwrap_or_default(),
            false => it.command.join(" "),
        },
        readable: it.readable,
    };
    python_processes().into_iter().map(choice).collect()
}

/// A process that is shown.
struct Live {
    follower: Follower,
    state: TopState,
    view: View,
    began: Instant,
    /// Own processor time at times of the last seconds.
    cpu: VecDeque<(Instant, Duration)>,
    theme: Theme,
}

impl Live {
    fn run(&mut self, screen: &mut Screen, end: &AtomicBool) -> io::Result<()> {
        let mut drawn = Instant::now();
        let mut apart = PICTURE;
        let mut wanted = true;
        loop {
            if end.load(Ordering::Relaxed) || Screen::has_panicked() {
                return Ok(());
            }
            let has_news = self.take_in();
            let is_old = drawn.elapsed() >= Duration::from_secs(1);
            if wanted || is_old || (has_news && drawn.elapsed() >= apart) {
                let before = Instant::now();
                self.draw(screen)?;
                drawn = Instant::now();
                apart = PICTURE.max((drawn - before) * PICTURE_PART);
                wanted = false;
            }
            let mut patience = PERIOD;
            while screen::wait_for_event(patience)? {
                patience = Duration::ZERO;
                let typing = self.view.typing;
                let Some(action) = action(&event::read()?, typing) else {
                    continue;
                };
                wanted = true;
                match self.view.apply(action, &self.state) {
                    Effect::Quit => return Ok(()),
                    Effect::Draw => {}
                    Effect::Pause => self.follower.pause(self.view.paused),
                    Effect::Rate => {
                        self.follower.set_rate(self.view.rate);
                        self.state.forget_rate();
                    }
                    Effect::Reset => self.state.reset(),
                    Effect::Redraw => screen.terminal.clear()?,
                    Effect::Suspend => screen.suspend()?,
                    Effect::Variables(task) => self.follower.read_variables(task),
                }
            }
        }
    }

    /// Takes in what the looks have found. Returns whether there was anything.
    fn take_in(&mut self) -> bool {
        let mut has_news = false;
        let at = |moment: Instant| moment.saturating_duration_since(self.began).as_secs_f64();
        loop {
            match self.follower.news.try_recv() {
                // A look that was under way when looking stopped.
                Ok(News::Look(..) | News::LightLook(..)) if self.view.paused => {}
                Ok(News::Look(process, moment)) => {
                    self.state.look(&process, at(moment));
                    if self.state.looks == 1 {
                        self.view.begin(&self.state);
                    }
                }
                Ok(News::LightLook(process, moment)) => {
                    self.state.light_look(&process, at(moment));
                }
                Ok(News::Judged(verdict, findings, moment)) => {
                    self.state.judge(*verdict, &findings, at(moment));
                }
                Ok(News::Variables(task, frames, moment)) => {
                    self.state.variables = Some(Variables {
                        task,
                        frames,
                        at_s: at(moment),
                    });
                }
                Ok(News::Failed(why)) => self.state.fail(&why),
                Ok(News::Gone(moment)) => self.state.end(at(moment)),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => return has_news,
            }
            has_news = true;
        }
    }

    fn draw(&mut self, screen: &mut Screen) -> io::Result<()> {
        self.state.clock_s = self.began.elapsed().as_secs_f64();
        self.state.cost = Cost {
            asked: self.view.rate,
            own_cpu: self.own_cpu(),
        };
        let (state, view, theme) = (&self.state, &mut self.view, self.theme);
        screen.terminal.draw(|frame| {
            let area = frame.area();
            draw(area, frame.buffer_mut(), state, view, theme);
        })?;
        Ok(())
    }

    /// The part of a processor that this program used in the last seconds.
    fn own_cpu(&mut self) -> f64 {
        let now = (Instant::now(), Follower::own_cpu());
        self.cpu.push_back(now);
        while (self.cpu.get(1)).is_some_and(|(at, _)| now.0 - *at > COST_PERIOD) {
            self.cpu.pop_front();
        }
        let first = self.cpu.front().copied().unwrap_or(now);
        let passed = (now.0 - first.0).as_secs_f64();
        match passed > 0.0 {
            true => now.1.saturating_sub(first.1).as_secs_f64() / passed,
            false => 0.0,
        }
    }
}
