//! Files and children that mean harm, through the real child: each comes to an end with a clear code,
//! soon, and without the memory that it asks for.

use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::hostile::{
    self, iso, matroska, notes, packed_index, png, with_cover, with_more_index, zlib,
};
use media::ladder::LessonKind;
use media::worker::{Failure, WorkLimits, Worker, WorkerError, WorkerLine, WorkerOrder};

use super::desk::{Desk, lesson, order};

/// What came of a job.
#[derive(Debug, Default)]
struct Outcome {
    failure: Option<Failure>,
    duration_us: u64,
    segments: usize,
    stills: usize,
    kind: Option<LessonKind>,
    peak_mib: u64,
}

impl Outcome {
    fn code(&self) -> &str {
        self.failure.as_ref().map_or("done", |failure| &failure.code)
    }
}

async fn run(desk: &Desk, order: &WorkerOrder) -> Outcome {
    let started = Instant::now();
    let mut worker = desk.worker(&[], order).await;
    let mut outcome = Outcome::default();
    while let Some(line) = worker.next().await.unwrap() {
        match line {
            WorkerLine::Plan(plan) => outcome.kind = Some(plan.kind),
            WorkerLine::Segment(segment) => {
                outcome.segments += 1;
                std::fs::remove_file(desk.out().join(segment.file)).unwrap();
            }
            WorkerLine::PosterCandidate(_) => outcome.stills += 1,
            WorkerLine::Done(done) => outcome.duration_us = done.duration_us,
            WorkerLine::Failed(failure) => outcome.failure = Some(failure),
            _ => {}
        }
    }
    outcome.peak_mib = worker.finish().await.peak_kib.unwrap_or(0) / 1_024;
    println!("{:.1} s: {outcome:?}", started.elapsed().as_secs_f64());
    outcome
}

/// Makes the input with the ffmpeg command.
fn ffmpeg(desk: &Desk, arguments: &[&str]) {
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-y"])
        .args(arguments)
        .arg(desk.input())
        .status()
        .expect("the ffmpeg command (script/setup test installs it)");
    assert!(made.success());
}

fn picture(seconds: u32) -> Vec<String> {
    let source = format!("testsrc2=s=320x240:r=10:d={seconds}");
    ["-f", "lavfi", "-i", &source].map(String::from).to_vec()
}

/// MED-02: an index that is mostly nothing costs no memory, and what it hides is found.
#[tokio::test]
async fn a_giant_index_is_read_without_its_weight() {
    let desk = Desk::new();
    lesson(&desk.input(), 2);
    let whole = std::fs::read(desk.input()).unwrap();
    // One and a half gigabytes of nothing, which the disk does not even hold.
    let (start, end) = hostile::moov(&whole);
    let nothing = 1_500_000_000u32;
    let mut file = std::fs::OpenOptions::new().write(true).open(desk.input()).unwrap();
    file.seek(SeekFrom::End(0)).unwrap();
    file.write_all(&[&nothing.to_be_bytes(), b"free".as_slice()].concat()).unwrap();
    file.set_len(end as u64 + u64::from(nothing)).unwrap();
    file.seek(SeekFrom::Start(start as u64)).unwrap();
    file.write_all(&(u32::try_from(end - start).unwrap() + nothing).to_be_bytes()).unwrap();
    let outcome = run(&desk, &order()).await;
    assert_eq!(outcome.code(), "done");
    assert!(outcome.peak_mib < 400, "{outcome:?}");

    let write = |bytes: Vec<u8>| std::fs::write(desk.input(), bytes).unwrap();
    write(with_more_index(&whole, &iso(b"trak", b"").repeat(100_000)));
    assert_eq!(run(&desk, &order()).await.code(), "too_many_streams");

    // It claims more than the file has.
    let mut claims = whole.clone();
    claims[start..start + 4].copy_from_slice(&0xffff_fff0u32.to_be_bytes());
    write(claims);
    assert_eq!(run(&desk, &order()).await.code(), "truncated_file");

    // Tables of billions of entries, none of which are there.
    let patched = |name: &[u8; 4], at: usize, value: u32| {
        let mut bytes = whole.clone();
        let found = bytes.windows(4).rposition(|window| window == name).unwrap();
        bytes[found + at..found + at + 4].copy_from_slice(&value.to_be_bytes());
        bytes
    };
    for (name, at, value) in [
        (b"stsz", 12, 100_000_000),
        (b"stsz", 12, 0xffff_ffff),
        (b"stts", 12, 0xffff_ffff),
        (b"stts", 8, 0x0fff_ffff),
        (b"stco", 8, 0x1fff_ffff),
        (b"stsc", 8, 0x0fff_ffff),
    ] {
        write(patched(name, at, value));
        let outcome = run(&desk, &order()).await;
        let known =
            ["done", "not_media", "too_long", "truncated_file", "source_damaged", "no_streams"];
        assert!(known.contains(&outcome.code()), "{name:?}: {outcome:?}");
        assert!(outcome.peak_mib < 1_024, "{name:?}: {outcome:?}");
    }
}

/// JOB-02: what libav computes before it has opened the file is limited, too.
#[tokio::test]
async fn an_index_of_countless_notes_ends_with_the_patience() {
    let desk = Desk::new();
    lesson(&desk.input(), 2);
    let whole = std::fs::read(desk.input()).unwrap();
    std::fs::write(desk.input(), with_more_index(&whole, &notes(300))).unwrap();
    assert_eq!(run(&desk, &order()).await.code(), "done", "a few are fine");
    std::fs::write(desk.input(), with_more_index(&whole, &notes(300_000))).unwrap();
    let impatient = WorkLimits { patience_s: 2, ..order().work };
    let outcome = run(&desk, &WorkerOrder { work: impatient, ..order() }).await;
    assert_eq!(outcome.code(), "too_demanding");
    let failure = outcome.failure.unwrap();
    assert!(!failure.retryable && failure.detail.contains("Export"), "{failure:?}");
    assert_eq!(outcome.segments, 0);
}

/// MED-02: an index packed as old QuickTime did it.
#[tokio::test]
async fn a_packed_index_is_unpacked_and_a_bomb_in_its_place_is_not() {
    let desk = Desk::new();
    lesson(&desk.input(), 2);
    let whole = std::fs::read(desk.input()).unwrap();
    let (start, end) = hostile::moov(&whole);
    let index = &whole[start..end];
    let write = |packed: Vec<u8>| {
        std::fs::write(desk.input(), [&whole[..start], &packed].concat()).unwrap();
    };
    write(packed_index(index, u32::try_from(index.len()).unwrap()));
    assert_eq!(run(&desk, &order()).await.code(), "done");
    let nothing = vec![0; 100_000_000];
    let empty = iso(b"free", b"").repeat(5_000_000);
    for (content, claimed) in [
        (nothing.as_slice(), 100_000_000),
        (&nothing, 0xffff_ffff),
        (&nothing, 1_000),
        (&empty, 40_000_000),
    ] {
        write(packed_index(content, claimed));
        let outcome = run(&desk, &order()).await;
        assert!(["not_media", "no_streams"].contains(&outcome.code()), "{claimed}: {outcome:?}");
        assert!(outcome.peak_mib < 300, "{claimed}: {outcome:?}");
    }
}

/// MED-02: pictures packed with zlib, or without the beginning that all of them share.
#[tokio::test]
async fn packed_tracks_are_unpacked_and_bombs_in_them_are_passed_over() {
    let desk = Desk::new();
    ffmpeg(&desk, &["-f", "lavfi", "-i", "testsrc2=s=320x240", "-frames:v", "1", "-f", "mjpeg"]);
    let jpeg = std::fs::read(desk.input()).unwrap();
    let write = |bytes: Vec<u8>| std::fs::write(desk.input(), bytes).unwrap();
    let (common, rest) = jpeg.split_at(200);
    write(matroska(0, b"", (0..30).map(|_| zlib(&jpeg))));
    assert_eq!(run(&desk, &order()).await.code(), "done");
    write(matroska(3, common, (0..30).map(|_| rest.to_vec())));
    assert_eq!(run(&desk, &order()).await.code(), "done");

    let (big, bigger) = (zlib(&vec![0; 9_900_000]), zlib(&vec![0; 200_000_000]));
    write(matroska(0, b"", (0..60).map(|_| big.clone())));
    let outcome = run(&desk, &order()).await;
    assert_eq!(outcome.code(), "source_damaged");
    assert!(outcome.peak_mib < 400, "{outcome:?}");
    write(matroska(0, b"", (0..20).map(|_| bigger.clone())));
    let outcome = run(&desk, &order()).await;
    assert_eq!(outcome.code(), "source_damaged");
    assert!(outcome.peak_mib < 400, "{outcome:?}");
    // Five bytes that become eight megabytes each, thousands of times.
    write(matroska(3, &vec![0; 8_000_000], (0..20_000).map(|_| b"hello".to_vec())));
    let impatient = WorkLimits { patience_s: 3, ..order().work };
    let outcome = run(&desk, &WorkerOrder { work: impatient, ..order() }).await;
    assert_eq!(outcome.code(), "too_demanding");
    assert!(outcome.peak_mib < 400 && outcome.segments == 0, "{outcome:?}");
}

/// MED-02: a lesson to listen to does not fail for its picture.
#[tokio::test]
async fn a_cover_too_big_to_be_one_is_left_out() {
    let desk = Desk::new();
    ffmpeg(&desk, &["-f", "lavfi", "-i", "sine=d=5", "-c:a", "libmp3lame", "-f", "mp3"]);
    let mp3 = std::fs::read(desk.input()).unwrap();
    for (width, height, stills) in [(600, 400, 1), (30_000, 30_000, 0), (1_000_000, 16, 0)] {
        std::fs::write(desk.input(), with_cover(&mp3, &png(width, height))).unwrap();
        let outcome = run(&desk, &order()).await;
        assert_eq!((outcome.code(), outcome.stills), ("done", stills), "{width}x{height}");
        assert_eq!(outcome.kind, Some(LessonKind::Listening));
        assert!(outcome.peak_mib < 400, "{outcome:?}");
    }
}

/// JOB-02: a few hundred kilobytes that would keep a processor busy for days.
#[tokio::test]
async fn a_file_that_costs_far_more_than_it_shows_is_given_up_with_a_reason() {
    let desk = Desk::new();
    // Pictures of the greatest size that is taken, twenty-five a second.
    let source = "color=c=teal:s=8192x4320:r=25:d=4";
    ffmpeg(&desk, &["-f", "lavfi", "-i", source, "-c:v", "libx264", "-preset", "ultrafast"]);
    assert!(std::fs::metadata(desk.input()).unwrap().len() < 2_000_000);
    let work = WorkLimits { patience_s: 2, per_second: 1, ..order().work };
    let outcome = run(&desk, &WorkerOrder { work, ..order() }).await;
    assert_eq!(outcome.code(), "too_demanding");
    assert!(outcome.peak_mib < 3_000, "{outcome:?}");
    let work = WorkLimits { total_s: 8, ..order().work };
    assert_eq!(run(&desk, &WorkerOrder { work, ..order() }).await.code(), "too_demanding");
}

/// JOB-02: one picture, and then one an hour later; the sound likewise.
#[tokio::test]
async fn an_hour_between_two_pictures_and_two_sounds_is_filled_and_not_held_in_memory() {
    let desk = Desk::new();
    let part = desk.dir.path().join("part.mkv");
    let mut arguments = picture(1);
    arguments.extend(["-f", "lavfi", "-i", "sine=d=1"].map(String::from));
    arguments.extend(["-c:v", "libx264", "-c:a", "aac", "-shortest"].map(String::from));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    ffmpeg(&desk, &[&arguments[..], &["-f", "matroska"]].concat());
    std::fs::rename(desk.input(), &part).unwrap();
    let part = part.to_str().unwrap();
    // Twice the same second, the second time with an hour in between.
    let list = desk.dir.path().join("list.txt");
    std::fs::write(&list, format!("file {part}\nduration 3600\nfile {part}\n")).unwrap();
    let list = list.to_str().unwrap();
    ffmpeg(&desk, &["-f", "concat", "-safe", "0", "-i", list, "-c", "copy", "-f", "matroska"]);
    let outcome = run(&desk, &order()).await;
    assert_eq!(outcome.code(), "done");
    assert!((3_600_000_000..3_603_000_000).contains(&outcome.duration_us), "{outcome:?}");
    assert!(outcome.peak_mib < 400, "{outcome:?}");
}

/// MED-02: everything changes in the middle.
#[tokio::test]
async fn size_shape_and_sound_that_change_on_the_way_go_on_as_they_began() {
    let desk = Desk::new();
    let (from, to) = (desk.dir.path().join("from.ts"), desk.dir.path().join("to.ts"));
    for (path, size, format, rate, channels) in
        [(&from, "320x240", "yuv420p", "22050", "1"), (&to, "1280x720", "yuv422p", "48000", "6")]
    {
        let source = format!("testsrc2=s={size}:r=25:d=12,format={format}");
        let sound = format!("sine=f=500:d=12:r={rate}");
        ffmpeg(
            &desk,
            &["-f", "lavfi", "-i", &source, "-f", "lavfi", "-i", &sound, "-c:v", "libx264"]
                .into_iter()
                .chain(["-preset", "ultrafast", "-c:a", "aac", "-ac", channels, "-f", "mpegts"])
                .collect::<Vec<_>>(),
        );
        std::fs::rename(desk.input(), path).unwrap();
    }
    for (first, second) in [(&from, &to), (&to, &from)] {
        let both = [std::fs::read(first).unwrap(), std::fs::read(second).unwrap()].concat();
        std::fs::write(desk.input(), both).unwrap();
        let outcome = run(&desk, &order()).await;
        assert_eq!(outcome.code(), "done");
        assert!((23_500_000..24_500_000).contains(&outcome.duration_us), "{outcome:?}");
    }
}

/// JOB-02: stopped by somebody's hand, it is ended all the same.
#[tokio::test]
async fn a_child_that_is_stopped_is_ended() {
    let desk = Desk::new();
    lesson(&desk.input(), 60);
    let mut worker = desk.worker(&[], &order()).await;
    worker.set_stall_after(Duration::from_secs(1));
    let pid = worker.id().unwrap();
    let error = loop {
        match worker.next().await {
            Ok(Some(WorkerLine::Segment(_))) => {
                let stopped = Command::new("kill").args(["-STOP", &pid.to_string()]).status();
                assert!(stopped.unwrap().success());
            }
            Ok(Some(line)) => assert!(!line.is_last(), "{line:?}"),
            Ok(None) => panic!("it went on to the end"),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, WorkerError::Stalled(_)), "{error}");
    assert!(!Path::new(&format!("/proc/{pid}")).exists());
}

/// JOB-02: a child that has been taken over can lie, but not for long.
#[tokio::test]
async fn a_child_that_burns_fills_or_babbles_is_ended() {
    let greeting = "echo '{\"sandbox\":{\"landlock\":\"full\",\"seccomp\":true,\"netns\":true,\
                    \"rlimits\":true}}';";
    let plan = "echo '{\"plan\":{\"kind\":\"listening\",\"screen\":false,\"target_duration_s\":5,\
                \"segment_us\":4000000,\"duration_us\":null,\"renditions\":[{\"name\":\"audio\",\
                \"kind\":\"audio\",\"width\":0,\"height\":0,\"frame_rate\":null,\"channels\":2}]}}';";
    let done = |name: &str| {
        format!(
            "echo '{{\"rendition_done\":{{\"rendition\":\"{name}\",\"segments\":9,\
             \"duration_us\":1}}}}'"
        )
    };
    let alive = "while :; do sleep 0.05; echo '{\"progress\":{\"stage\":\"probing\",\"percent\":0.0,\
                 \"speed\":0.0,\"out_time_us\":0}}'; done";
    for (script, expected) in [
        (String::from("ulimit -S -t 1; while :; do :; done"), "used up its time"),
        (format!("{greeting} {alive}"), "used up its time"),
        (format!("{greeting} head -c 6000000 /dev/zero > x; exec sleep 600"), "writes too much"),
        (format!("{greeting} {plan} {}", done("720p")), "not planned"),
        (format!("{greeting} {plan} {}", done("audio")), "not complete"),
        (format!("{greeting} {plan} {plan}"), "plans twice"),
        (format!("{greeting} {}", done("audio")), "not planned"),
        (format!("{greeting} printf '\\377\\376\\n'"), "not understood"),
        (format!("{greeting} echo '[]'"), "not understood"),
        (format!("{greeting} echo '{{\"done\":{{}}}}'"), "not understood"),
        (String::from("exec 1>&-; exec sleep 600"), "still running without its output"),
    ] {
        let desk = Desk::new();
        let shell = Path::new("/bin/bash");
        let mut worker =
            Worker::spawn(shell, &["-c", &script], &desk.input(), &desk.out(), &order())
                .await
                .unwrap();
        worker.set_output_limit(5_000_000);
        worker.set_wait_limit(Duration::from_secs(20));
        let pid = worker.id().unwrap();
        let error = loop {
            match worker.next().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("{script} was believed"),
                Err(error) => break error.to_string(),
            }
        };
        assert!(error.contains(expected), "{script}: {error}");
        assert!(!Path::new(&format!("/proc/{pid}")).exists(), "{script}");
    }
}
