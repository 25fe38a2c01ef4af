//! Log lines and Prometheus metrics. Labels are bounded: route templates and kinds, never ids.

use std::time::Duration;

use prometheus::{
    Encoder as _, Gauge, Histogram, HistogramOpts, HistogramVec, IntCounterVec, IntGauge,
    IntGaugeVec, Opts, Registry, TextEncoder,
};
use tracing_subscriber::EnvFilter;

use super::config::{Log, LogFormat};

/// Starts logging to standard output. A second call in one process does nothing.
pub fn init(log: &Log) {
    let filter = EnvFilter::try_from_default_env()
        .or_else(|_| EnvFilter::try_new(&log.filter))
        .unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter);
    // Fails only when a logger is set already, as in tests.
    let _ = match log.format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text => builder.with_target(false).try_init(),
    };
}

/// The process's metrics.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Registry,
    /// Requests in hand.
    pub http_inflight: IntGauge,
    http_requests: IntCounterVec,
    http_seconds: HistogramVec,
    jobs_total: IntCounterVec,
    jobs_waiting: IntGaugeVec,
    /// Sign-in attempts by method and outcome.
    pub auth_attempts: IntCounterVec,
    /// Refreshes by outcome.
    pub refreshes: IntCounterVec,
    /// Playback grants by outcome.
    pub playback_grants: IntCounterVec,
    /// Keys handed out by outcome.
    pub media_keys: IntCounterVec,
    /// Bytes of uploads received.
    pub upload_bytes: prometheus::IntCounter,
    /// Transcoding jobs by outcome.
    pub transcodes: IntCounterVec,
    transcode_seconds: HistogramVec,
    transcode_speed: Histogram,
    transcodes_waiting: IntGauge,
    transcodes_oldest: IntGauge,
    transcodes_running: IntGauge,
    /// Open sockets.
    pub ws_connections: IntGauge,
    /// Sockets closed by close code.
    pub ws_cut: IntCounterVec,
    /// Messages stored.
    pub chat_messages: prometheus::IntCounter,
    csp_reports: IntCounterVec,
    resident: Gauge,
}

impl Metrics {
    /// Registers everything.
    ///
    /// # Errors
    /// When two metrics bear one name: a mistake in this file.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let vec = |name: &str, help: &str, labels: &[&str]| {
            let metric = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(metric.clone()))?;
            Ok::<_, prometheus::Error>(metric)
        };
        let counter = |name: &str, help: &str| {
            let metric = prometheus::IntCounter::new(name, help)?;
            registry.register(Box::new(metric.clone()))?;
            Ok::<_, prometheus::Error>(metric)
        };
        let gauge = |name: &str, help: &str| {
            let metric = IntGauge::new(name, help)?;
            registry.register(Box::new(metric.clone()))?;
            Ok::<_, prometheus::Error>(metric)
        };
        let http_seconds = HistogramVec::new(
            HistogramOpts::new("ilm_http_request_seconds", "Time to answer")
                .buckets(vec![0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0]),
            &["route"],
        )?;
        registry.register(Box::new(http_seconds.clone()))?;
        // A run may take hours, or end after a look into the file.
        let transcode_seconds = HistogramVec::new(
            HistogramOpts::new("ilm_transcode_run_seconds", "Wall time of runs")
                .buckets(vec![1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14400.0]),
            &["outcome"],
        )?;
        registry.register(Box::new(transcode_seconds.clone()))?;
        let transcode_speed = Histogram::with_opts(
            HistogramOpts::new(
                "ilm_transcode_speed",
                "Media seconds made per second of whole runs",
            )
            .buckets(vec![0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0]),
        )?;
        registry.register(Box::new(transcode_speed.clone()))?;
        let jobs_waiting = IntGaugeVec::new(Opts::new("ilm_jobs", "Jobs by state"), &["state"])?;
        registry.register(Box::new(jobs_waiting.clone()))?;
        let resident = Gauge::new("ilm_resident_bytes", "Resident memory")?;
        registry.register(Box::new(resident.clone()))?;
        Ok(Self {
            http_inflight: gauge("ilm_http_inflight", "Requests in hand")?,
            http_requests: vec(
                "ilm_http_requests_total",
                "Requests",
                &["route", "method", "status"],
            )?,
            http_seconds,
            jobs_total: vec("ilm_jobs_run_total", "Jobs run", &["kind", "outcome"])?,
            jobs_waiting,
            auth_attempts: vec("ilm_auth_attempts_total", "Sign-ins", &["method", "outcome"])?,
            refreshes: vec("ilm_refresh_total", "Token refreshes", &["outcome"])?,
            playback_grants: vec("ilm_playback_grants_total", "Playback grants", &["outcome"])?,
            media_keys: vec("ilm_media_keys_total", "Segment keys", &["outcome"])?,
            upload_bytes: counter("ilm_upload_bytes_total", "Bytes uploaded")?,
            transcodes: vec("ilm_transcodes_total", "Transcoding jobs", &["outcome"])?,
            transcode_seconds,
            transcode_speed,
            transcodes_waiting: gauge("ilm_transcodes_waiting", "Videos that wait")?,
            transcodes_oldest: gauge(
                "ilm_transcodes_oldest_seconds",
                "For how long the first of the waiting videos waits",
            )?,
            transcodes_running: gauge("ilm_transcodes_running", "Videos that are worked on")?,
            ws_connections: gauge("ilm_ws_connections", "Open sockets")?,
            ws_cut: vec("ilm_ws_cut_total", "Sockets closed by us", &["code"])?,
            chat_messages: counter("ilm_chat_messages_total", "Messages stored")?,
            csp_reports: vec("ilm_csp_reports_total", "Browser policy reports", &["directive"])?,
            resident,
            registry,
        })
    }

    /// Counts an answered request.
    pub fn http_request(&self, route: &str, method: &str, status: u16, elapsed: Duration) {
        self.http_requests.with_label_values(&[route, method, &status.to_string()]).inc();
        self.http_seconds.with_label_values(&[route]).observe(elapsed.as_secs_f64());
    }

    /// Counts a job that ran.
    pub fn job(&self, kind: &str, ok: bool) {
        self.jobs_total.with_label_values(&[kind, if ok { "ok" } else { "failed" }]).inc();
    }

    /// Notes the queue of videos.
    pub fn transcode_queue(&self, waiting: i64, oldest_s: i64, running: i64) {
        self.transcodes_waiting.set(waiting);
        self.transcodes_oldest.set(oldest_s);
        self.transcodes_running.set(running);
    }

    /// Counts a run that ended after `elapsed`; `media_s` when it made the whole video.
    pub fn transcode_run(&self, outcome: &str, elapsed: Duration, media_s: Option<f64>) {
        self.transcodes.with_label_values(&[outcome]).inc();
        let elapsed = elapsed.as_secs_f64();
        self.transcode_seconds.with_label_values(&[outcome]).observe(elapsed);
        if let Some(media_s) = media_s.filter(|_| elapsed > 0.0) {
            self.transcode_speed.observe(media_s / elapsed);
        }
    }

    /// Counts a report of the browser's policy.
    pub fn csp_report(&self, directive: &str) {
        self.csp_reports.with_label_values(&[directive]).inc();
    }

    /// Notes the queue's state.
    pub fn jobs(&self, counts: super::jobs::Counts) {
        for (state, value) in [
            ("due", counts.due),
            ("later", counts.later),
            ("running", counts.running),
            ("dead", counts.dead),
        ] {
            self.jobs_waiting.with_label_values(&[state]).set(value);
        }
    }

    /// Everything in Prometheus' text format.
    pub fn text(&self) -> String {
        if let Some(bytes) = resident_bytes() {
            self.resident.set(bytes);
        }
        let mut out = Vec::new();
        if let Err(error) = TextEncoder::new().encode(&self.registry.gather(), &mut out) {
            tracing::error!(%error, "metrics cannot be written");
        }
        String::from_utf8_lossy(&out).into_owned()
    }
}

fn resident_bytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().trim_end_matches(" kB").trim().parse().ok()?;
    Some(kib * 1024.0)
}
