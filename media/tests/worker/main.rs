//! The worker as a real child process: its sandbox, its lines, its products, its end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use media::demo::{DemoScene, make_demo_video};
use media::hls::validate::validate;
use media::hls::{
    AudioTrack, Bitrate, MasterPlaylist, MediaPath, MediaPlaylist, Segment, VideoTrack, crypt,
};
use media::ladder::{Plan, RenditionKind};
use media::mp4;
use media::worker::{
    LandlockState, Stage, Worker, WorkerError, WorkerLine, WorkerOrder, read_product,
};

mod bad_input;
mod desk;
mod hostile;

use desk::{Desk, failure, lesson, order};

/// MED-02 JOB-02
#[tokio::test]
async fn a_child_makes_encrypted_segments_that_only_the_keys_of_the_order_open() {
    let desk = Desk::new();
    lesson(&desk.input(), 9);
    let order = WorkerOrder { epoch_segments: 2, ..order() };
    let mut worker = desk.worker(&[], &order).await;
    let (mut segments, mut inits, mut planned, mut poster, mut done) = (0, 0, 0, false, None);
    let mut stages = Vec::new();
    while let Some(line) = worker.next().await.unwrap() {
        match line {
            WorkerLine::Sandbox(report) => assert!(report.rlimits, "{report:?}"),
            WorkerLine::Probe(info) => assert_eq!(info.video.unwrap().display_height, 240),
            WorkerLine::Plan(plan) => planned = plan.renditions.len(),
            WorkerLine::Progress(progress) => stages.push(progress.stage),
            WorkerLine::Init(init) => {
                inits += 1;
                let bytes = read_product(&desk.out(), &init.file, init.bytes).await.unwrap();
                assert_eq!(mp4::codecs(&bytes).as_deref(), Some(init.codecs.as_str()));
            }
            WorkerLine::Segment(segment) => {
                segments += 1;
                let sealed = read_product(&desk.out(), &segment.file, segment.bytes).await.unwrap();
                assert_eq!(segment.epoch, segment.seq / 2);
                let key = &order.keys[segment.epoch as usize];
                let clear = crypt::decrypt(key, segment.iv, &sealed).expect("the right key");
                let facts = mp4::segment_facts(&clear).expect("whole boxes");
                assert!(facts.starts_with_sync);
                let other = &order.keys[segment.epoch as usize + 1];
                let garbage = crypt::decrypt(other, segment.iv, &sealed);
                assert!(garbage.is_none_or(|bytes| mp4::segment_facts(&bytes).is_none()));
            }
            WorkerLine::RenditionDone(rendition) => assert_eq!(rendition.segments, 3),
            WorkerLine::PosterCandidate(_) => poster = true,
            WorkerLine::Done(end) => done = Some(end),
            WorkerLine::Failed(failure) => panic!("{failure:?}"),
            _ => {}
        }
    }
    let done = done.expect("done");
    assert!((8_900_000..9_200_000).contains(&done.duration_us));
    assert_eq!((planned, inits, segments, poster), (2, 2, 6, true));
    assert_eq!(stages.first(), Some(&Stage::Probing));
    assert_eq!(stages.last(), Some(&Stage::Transcoding));
}

/// What a server would keep of a job: rows and objects.
#[derive(Default)]
struct Shelf {
    plan: Option<Plan>,
    inits: BTreeMap<String, (String, Vec<u8>)>,
    segments: BTreeMap<String, Vec<Segment>>,
    objects: BTreeMap<(String, u32), Vec<u8>>,
}

impl Shelf {
    async fn take(&mut self, out: &Path, line: WorkerLine) {
        match line {
            WorkerLine::Plan(plan) => self.plan = Some(plan),
            WorkerLine::Init(init) => {
                let bytes = read_product(out, &init.file, init.bytes).await.unwrap();
                self.inits.insert(init.rendition, (init.codecs, bytes.to_vec()));
            }
            WorkerLine::Segment(ready) => {
                let bytes = read_product(out, &ready.file, ready.bytes).await.unwrap();
                self.objects.insert((ready.rendition.clone(), ready.seq), bytes.to_vec());
                self.segments.entry(ready.rendition).or_default().push(Segment {
                    seq: ready.seq,
                    duration_us: ready.duration_us,
                    bytes: ready.bytes,
                    epoch: ready.epoch,
                    iv: ready.iv,
                });
            }
            _ => {}
        }
    }

    fn bitrate(&self, name: &str) -> Bitrate {
        Bitrate::measure(self.segments[name].iter().map(|s| (s.bytes, s.duration_us)))
    }

    fn serve(&self, order: &WorkerOrder, path: &MediaPath, ended: bool) -> Option<Vec<u8>> {
        let plan = self.plan.as_ref()?;
        let of = |kind| plan.renditions.iter().filter(move |r| r.kind == kind);
        match path {
            MediaPath::Master => {
                let video = of(RenditionKind::Video).map(|r| VideoTrack {
                    name: r.name.clone(),
                    codecs: self.inits[&r.name].0.clone(),
                    width: r.width,
                    height: r.height,
                    frame_rate: r.frame_rate.unwrap(),
                    bitrate: self.bitrate(&r.name),
                });
                let audio = of(RenditionKind::Audio).next().map(|r| AudioTrack {
                    name: r.name.clone(),
                    codecs: self.inits[&r.name].0.clone(),
                    channels: r.channels,
                    language: None,
                    bitrate: self.bitrate(&r.name),
                });
                let master = MasterPlaylist { video: video.collect(), audio, ..Default::default() };
                Some(master.render().into_bytes())
            }
            MediaPath::VideoPlaylist(name) | MediaPath::AudioPlaylist(name) => {
                let playlist = MediaPlaylist {
                    rendition: name,
                    target_duration_s: plan.target_duration_s,
                    segments: self.segments.get(name)?,
                    ended,
                    event: false,
                };
                Some(playlist.render().into_bytes())
            }
            MediaPath::Init(name) => self.inits.get(name).map(|init| init.1.clone()),
            MediaPath::Segment(name, seq) => self.objects.get(&(name.clone(), *seq)).cloned(),
            MediaPath::Key(epoch) => Some(order.keys.get(*epoch as usize)?.0.to_vec()),
            MediaPath::Poster
            | MediaPath::CaptionsPlaylist(_)
            | MediaPath::Captions(_)
            | MediaPath::Sheet(_) => None,
        }
    }
}

/// Decodes every stream of an HLS master playlist with libav's own demuxer; counts per stream in
/// ascending order.
fn frames_by_libav(master: &Path) -> Vec<u64> {
    ffmpeg_next::init().unwrap();
    let mut options = ffmpeg_next::Dictionary::new();
    options.set("allowed_extensions", "ALL");
    let mut input =
        ffmpeg_next::format::input_with_dictionary(master.to_str().unwrap(), options).unwrap();
    let mut decoders: Vec<_> = input
        .streams()
        .map(|stream| {
            let context = ffmpeg_next::codec::Context::from_parameters(stream.parameters());
            let id = stream.parameters().id();
            let codec = ffmpeg_next::decoder::find(id).unwrap();
            (context.unwrap().decoder().open_as(codec).unwrap(), 0)
        })
        .collect();
    let mut frame = ffmpeg_next::frame::Video::empty();
    loop {
        let mut packet = ffmpeg_next::Packet::empty();
        if packet.read(&mut input).is_err() {
            break;
        }
        let (decoder, count) = &mut decoders[packet.stream()];
        decoder.send_packet(&packet).unwrap();
        while decoder.receive_frame(&mut frame).is_ok() {
            *count += 1;
        }
    }
    for (decoder, count) in &mut decoders {
        decoder.send_eof().unwrap();
        while decoder.receive_frame(&mut frame).is_ok() {
            *count += 1;
        }
    }
    let mut counts: Vec<u64> = decoders.into_iter().map(|(_, count)| count).collect();
    counts.sort_unstable();
    counts
}

/// MED-10 MED-12
#[tokio::test]
async fn what_a_server_makes_of_the_lines_is_a_valid_stream_while_it_grows_and_at_the_end() {
    let desk = Desk::new();
    let scene = DemoScene {
        title: "Long enough for four segments".into(),
        seconds: 14,
        seed: 3,
        speech: None,
        size: (854, 480),
    };
    make_demo_video(&desk.input(), &scene).unwrap();
    let order = WorkerOrder { epoch_segments: 2, ..order() };
    let mut worker = desk.worker(&[], &order).await;
    let mut shelf = Shelf::default();
    let mut growing = 0;
    while let Some(line) = worker.next().await.unwrap() {
        let segment = matches!(line, WorkerLine::Segment(_));
        shelf.take(&desk.out(), line).await;
        let fewest = shelf.segments.values().map(Vec::len).min().unwrap_or(0);
        if segment && shelf.segments.len() == 4 && fewest >= 1 {
            growing += 1;
            let report = validate(&mut |path| shelf.serve(&order, path, false)).unwrap();
            assert!(!report.ended);
        }
    }
    assert!(growing > 3);
    let report = validate(&mut |path| shelf.serve(&order, path, true)).unwrap();
    assert!(report.ended);
    assert_eq!(report.video, ["480p", "240p", "360p"]);
    assert_eq!(report.audio.as_deref(), Some("audio"));
    assert!(report.segments.values().all(|count| *count == 4), "{report:?}");
    assert_eq!(report.epochs.len(), 2);
    assert!((13_900_000..14_200_000).contains(&report.duration_us));

    // Another reader's opinion: libav's own, from files as a server would serve them.
    let site = desk.dir.path().join("site");
    let mut paths = vec![(MediaPath::Master, String::from("master.m3u8"))];
    for (name, segments) in &shelf.segments {
        let (folder, list) = match name.as_str() {
            "audio" => ("a", MediaPath::AudioPlaylist(name.clone())),
            _ => ("v", MediaPath::VideoPlaylist(name.clone())),
        };
        paths.push((list, format!("{folder}/{name}.m3u8")));
        paths.push((MediaPath::Init(name.clone()), format!("{name}/init.mp4")));
        for segment in segments {
            let path = MediaPath::Segment(name.clone(), segment.seq);
            paths.push((path, format!("{name}/{}.m4s", segment.seq)));
        }
    }
    paths.extend(report.epochs.iter().map(|epoch| (MediaPath::Key(*epoch), format!("k/{epoch}"))));
    for (path, file) in paths {
        assert_eq!(MediaPath::parse(&file).as_ref(), Some(&path));
        let file = site.join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, shelf.serve(&order, &path, true).unwrap()).unwrap();
    }
    let frames = frames_by_libav(&site.join("master.m3u8"));
    let mut expected: Vec<u64> = report.samples.values().copied().collect();
    // The sound is the variant for listening, too.
    expected.push(report.samples["audio"]);
    expected.sort_unstable();
    assert_eq!(frames, expected);

    // The validator is worth something only if it sees what is wrong.
    let broken = |change: &dyn Fn(&MediaPath, Vec<u8>) -> Vec<u8>| {
        validate(&mut |path| shelf.serve(&order, path, true).map(|body| change(path, body)))
            .expect_err("a broken rule")
    };
    let swapped = broken(&|path, body| match path {
        MediaPath::Segment(name, 1) if name == "360p" => shelf.objects[&(name.clone(), 2)].clone(),
        _ => body,
    });
    assert!(swapped.contains("does not decrypt") || swapped.contains("not whole"), "{swapped}");
    let wrong_key = broken(&|path, mut body| {
        if let MediaPath::Key(1) = path {
            body[0] ^= 1;
        }
        body
    });
    assert!(wrong_key.contains("decrypt") || wrong_key.contains("not whole"), "{wrong_key}");
    let text = |body: Vec<u8>| String::from_utf8(body).unwrap();
    let long = broken(&|path, body| match path {
        MediaPath::AudioPlaylist(_) => {
            text(body).replacen("#EXTINF:4.0", "#EXTINF:9.0", 1).into_bytes()
        }
        _ => body,
    });
    assert!(long.contains("target"), "{long}");
    let lying = broken(&|path, body| match path {
        MediaPath::Master => text(body).replace("BANDWIDTH=", "BANDWIDTH=1").into_bytes(),
        _ => body,
    });
    assert!(lying.contains("BANDWIDTH"), "{lying}");
}

/// JOB-02: what libav says of a damaged file is kept with the job, without our paths.
#[tokio::test]
async fn the_messages_of_the_decoders_come_with_the_job() {
    let desk = Desk::new();
    lesson(&desk.input(), 6);
    let mut bytes = std::fs::read(desk.input()).unwrap();
    let body = mp4::find(&bytes, &[b"mdat"]).unwrap();
    let start = body.as_ptr() as usize - bytes.as_ptr() as usize;
    let length = body.len();
    bytes[start + length / 3..start + length / 2].fill(0x55);
    std::fs::write(desk.input(), bytes).unwrap();
    let mut worker = desk.worker(&[], &order()).await;
    let mut messages = Vec::new();
    while let Some(line) = worker.next().await.unwrap() {
        if let WorkerLine::Log(line) = line {
            messages.push(line.message);
        }
    }
    assert!(!messages.is_empty());
    let place = desk.dir.path().to_string_lossy().into_owned();
    for message in messages {
        assert!(!message.contains(&place) && !message.contains("0x"), "{message}");
    }
}

#[tokio::test]
async fn a_bad_file_is_a_failure_with_a_code_and_not_worth_another_attempt() {
    let desk = Desk::new();
    for (content, code) in
        [("hello", "not_media"), ("", "empty_file"), ("#EXTM3U\n/etc/passwd\n", "playlist_refused")]
    {
        std::fs::write(desk.input(), content).unwrap();
        let failure = failure(&desk, &order()).await;
        assert_eq!((failure.code.as_str(), failure.retryable), (code, false));
    }
    std::fs::remove_file(desk.input()).unwrap();
    assert_eq!(failure(&desk, &order()).await.code, "source_unreadable");
}

/// Bits flipped all over a file, its structure first: whatever libav makes of it, the parent is
/// told an end, and soon.
#[tokio::test]
async fn a_file_with_flipped_bits_always_comes_to_an_end() {
    let desk = Desk::new();
    lesson(&desk.input(), 2);
    let whole = std::fs::read(desk.input()).unwrap();
    let (mut made, mut failed, mut crashed) = (0, 0, 0);
    // A generator of its own, so that every run flips the same bits.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    for round in 0..24 {
        let mut bytes = whole.clone();
        for _ in 0..1 + random(24) {
            // Half of the rounds aim at the index, which lies at the end.
            let index = whole.len() - 4_096.min(whole.len());
            let at = if round % 2 == 0 { random(bytes.len()) } else { index + random(4_096) };
            let at = at.min(bytes.len() - 1);
            bytes[at] ^= 1 << random(8);
        }
        std::fs::write(desk.input(), bytes).unwrap();
        let mut worker = desk.worker(&[], &order()).await;
        let ended = tokio::time::timeout(Duration::from_secs(60), async {
            loop {
                match worker.next().await {
                    Ok(Some(WorkerLine::Done(_))) => break Ok(true),
                    Ok(Some(WorkerLine::Failed(_))) => break Ok(false),
                    Ok(Some(_)) => {}
                    Ok(None) => panic!("no last line"),
                    Err(error) => break Err(error),
                }
            }
        });
        match ended.await.expect("in time") {
            Ok(true) => made += 1,
            Ok(false) => failed += 1,
            Err(WorkerError::Crashed { .. }) => crashed += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(made + failed + crashed, 24);
    assert!(made > 0 && failed > 0, "{made} made, {failed} failed, {crashed} crashed");
}

#[tokio::test]
async fn an_order_out_of_range_is_refused_before_anything_is_read() {
    let desk = Desk::new();
    lesson(&desk.input(), 1);
    let refused = failure(&desk, &WorkerOrder { preset: "placebo".into(), ..order() }).await;
    assert_eq!(refused.code, "order_invalid");
}

#[tokio::test]
async fn a_cancelled_job_ends_its_child_at_once() {
    let desk = Desk::new();
    lesson(&desk.input(), 30);
    let mut worker = desk.worker(&[], &WorkerOrder { preset: "medium".into(), ..order() }).await;
    let cancel = worker.cancel_handle();
    loop {
        match worker.next().await {
            Ok(Some(WorkerLine::Segment(_))) => cancel.cancel(),
            Ok(Some(line)) => assert!(!line.is_last()),
            Ok(None) => panic!("it went on to the end"),
            Err(error) => {
                assert!(matches!(error, WorkerError::Cancelled));
                break;
            }
        }
    }
    assert!(worker.next().await.unwrap().is_none());
}

#[tokio::test]
async fn a_child_that_says_nothing_is_ended() {
    let desk = Desk::new();
    let mut worker = Worker::spawn(
        Path::new("/bin/sh"),
        &["-c", "sleep 600"],
        &desk.input(),
        &desk.out(),
        &order(),
    )
    .await
    .unwrap();
    worker.set_stall_after(Duration::from_millis(200));
    assert!(matches!(worker.next().await, Err(WorkerError::Stalled(_))));
}

#[tokio::test]
async fn a_child_that_crashes_or_babbles_is_a_failed_attempt() {
    let desk = Desk::new();
    for (script, expected) in [
        ("echo oops >&2; exit 7", "exit status: 7"),
        ("kill -SEGV $$", "signal: 11"),
        ("echo hello; sleep 600", "not understood"),
        ("head -c 100000 /dev/zero | tr '\\0' x; sleep 600", "too long"),
        ("echo '{\"done\":{\"duration_us\":1,\"frames\":1,\"corrupt\":0}}'", "without a sandbox"),
        (
            "echo '{\"sandbox\":{\"landlock\":\"full\",\"seccomp\":true,\"netns\":true,\
             \"rlimits\":true}}'; echo '{\"poster_candidate\":{\"index\":0,\"file\":\"../x\",\"width\":1,\"height\":1,\
             \"bytes\":1,\"at_us\":0}}'",
            "out of bounds",
        ),
    ] {
        let mut worker = Worker::spawn(
            Path::new("/bin/sh"),
            &["-c", script],
            &desk.input(),
            &desk.out(),
            &order(),
        )
        .await
        .unwrap();
        let error = loop {
            match worker.next().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("{script} was believed"),
                Err(error) => break error.to_string(),
            }
        };
        assert!(error.contains(expected), "{script}: {error}");
    }
}

/// The layers that this kernel has, each seen from inside.
#[tokio::test]
async fn what_must_not_work_inside_does_not_work() {
    let desk = Desk::new();
    std::fs::write(desk.input(), "x").unwrap();
    let mut worker = desk.worker(&["--self-test"], &order()).await;
    let mut report = None;
    while let Some(line) = worker.next().await.unwrap() {
        match line {
            WorkerLine::Sandbox(sandbox) => report = Some(sandbox),
            WorkerLine::SelfTest(test) => {
                let report = report.as_ref().expect("the sandbox is told first");
                println!("{report:?} {test:?}");
                assert!(test.input_readable && test.output_writable && test.threads_work);
                assert!(test.memory_limited || !report.rlimits);
                if report.seccomp {
                    assert!(test.tcp_closed && test.udp_closed && test.exec_closed);
                    assert!(test.parent_safe);
                }
                if report.landlock != LandlockState::None {
                    assert!(test.other_file_closed && test.other_directory_closed);
                }
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(report.is_some_and(|report| report.seccomp), "no kernel in use lacks seccomp");
}

#[tokio::test]
async fn a_product_that_is_not_as_announced_is_not_read() {
    let desk = Desk::new();
    let out = desk.out();
    std::fs::write(out.join("a"), b"123").unwrap();
    std::os::unix::fs::symlink("/etc/passwd", out.join("link")).unwrap();
    assert_eq!(read_product(&out, "a", 3).await.unwrap(), "123");
    for (file, bytes) in [("a", 4), ("link", 3), ("../lesson.mp4", 3), ("none", 0), ("a", 1 << 40)]
    {
        assert!(read_product(&out, file, bytes).await.is_err(), "{file}");
    }
}
