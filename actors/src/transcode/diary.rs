//! What is kept of one run for whoever looks into it later: what the child said about the file, and
//! what it cost. Bounded, so that no file can fill a log.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::port::{ChildEnd, RunReport};

/// Bytes of a run's log, its stderr included.
pub const LOG_BYTES: usize = 64 * 1024;
/// Bytes of stderr among them.
const STDERR_BYTES: usize = 16 * 1024;
/// Stands where lines were left out, and before stderr.
const LEFT_OUT: &str = "(earlier lines are left out)\n";
const STDERR: &str = "--- stderr\n";

/// The notes of a run under way.
#[derive(Debug)]
pub(super) struct Diary {
    began: Instant,
    lines: VecDeque<String>,
    bytes: usize,
    left_out: bool,
    unsaved: bool,
}

impl Diary {
    /// A run begins now.
    pub fn new() -> Self {
        let lines = VecDeque::new();
        Self { began: Instant::now(), lines, bytes: 0, left_out: false, unsaved: false }
    }

    /// One more line; what cannot be shown is left out.
    pub fn add(&mut self, line: &str) {
        let mut line = shown(line.trim_end());
        line.push('\n');
        self.bytes += line.len();
        self.lines.push_back(line);
        self.unsaved = true;
        while self.bytes > LOG_BYTES - STDERR_BYTES - LEFT_OUT.len() - STDERR.len() {
            let Some(oldest) = self.lines.pop_front() else { break };
            self.bytes -= oldest.len();
            self.left_out = true;
        }
    }

    /// The report so far, if there is something in it that was not reported yet.
    pub fn news(&mut self) -> Option<RunReport> {
        std::mem::take(&mut self.unsaved).then(|| self.report(&ChildEnd::default()))
    }

    /// The report of a run whose child ended like this.
    pub fn report(&self, end: &ChildEnd) -> RunReport {
        let mut log = String::new();
        if self.left_out {
            log.push_str(LEFT_OUT);
        }
        log.extend(self.lines.iter().map(String::as_str));
        let stderr = shown(end.stderr.trim());
        let from = stderr.len().saturating_sub(STDERR_BYTES);
        let from = (from..=stderr.len()).find(|at| stderr.is_char_boundary(*at)).unwrap_or(0);
        if let Some(tail) = stderr.get(from..).filter(|tail| !tail.is_empty()) {
            log.push_str(STDERR);
            log.push_str(tail);
        }
        RunReport { log, cpu: end.cpu, peak_kib: end.peak_kib, elapsed: self.elapsed() }
    }

    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}

/// Without what no log needs and a database refuses; at most 4 KiB a line come from the child anyway.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// JOB-02
    #[test]
    fn a_log_keeps_its_end_and_its_bound() {
        let mut diary = Diary::new();
        for n in 0..20_000 {
            diary.add(&format!("line {n} \0\u{7}of many"));
        }
        let stderr = "é".repeat(100_000);
        let report = diary.report(&ChildEnd { stderr, ..ChildEnd::default() });
        assert!(report.log.len() <= LOG_BYTES, "{}", report.log.len());
        assert!(report.log.starts_with(LEFT_OUT));
        assert!(report.log.contains("line 19999 of many\n--- stderr\né"));
        assert!(!report.log.contains('\0'));
    }

    #[test]
    fn only_news_are_reported_again() {
        let mut diary = Diary::new();
        assert!(diary.news().is_none());
        diary.add("a line");
        assert_eq!(diary.news().unwrap().log, "a line\n");
        assert!(diary.news().is_none());
    }
}
