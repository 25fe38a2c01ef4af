//! Films whose picture at each moment is known, and what stills and storyboards show of them.

use std::collections::BTreeMap;

use super::super::{Event, transcode};
use super::*;
use crate::film::{self, Film, Pictures as FilmPictures};
use crate::worker::WorkerOrder;

/// One picture of a filter graph, as an encoder gets it.
pub(in crate::transcode) fn picture(spec: &str) -> frame::Video {
    av::init();
    let mut graph = ffmpeg::filter::Graph::new();
    graph.add(&ffmpeg::filter::find("buffersink").unwrap(), "out0", "").unwrap();
    let spec = format!("{spec},scale=out_range=tv:out_color_matrix=bt709,format=yuv420p[out0]");
    graph.input("out0", 0).unwrap().parse(&spec).unwrap();
    graph.validate().unwrap();
    let mut picture = frame::Video::empty();
    graph.get("out0").unwrap().sink().frame(&mut picture).unwrap();
    picture
}

/// The last still under one number.
struct Still {
    at_us: u64,
    jpeg: Vec<u8>,
    size: (u32, u32),
    /// How often one came under this number.
    times: u32,
}

/// What came out besides segments.
#[derive(Default)]
struct Seen {
    stills: BTreeMap<u32, Still>,
    /// Segments that had come when the first still did.
    before_first: Option<usize>,
    sheets: Vec<(u32, Vec<u8>)>,
    board: Option<crate::worker::Storyboard>,
    segments: usize,
}

fn run(path: &Path, first_segment: u32) -> Seen {
    let order = WorkerOrder { preset: "ultrafast".into(), first_segment, ..WorkerOrder::new() };
    let mut seen = Seen::default();
    transcode(path, &order, &mut |event| {
        match event {
            Event::PosterCandidate { index, bytes, width, height, at_us } => {
                seen.before_first.get_or_insert(seen.segments);
                let times = seen.stills.get(&index).map_or(0, |still| still.times) + 1;
                let still = Still { at_us, jpeg: bytes, size: (width, height), times };
                seen.stills.insert(index, still);
            }
            Event::StoryboardSheet { sheet, bytes } => {
                assert!(seen.board.is_none());
                seen.sheets.push((sheet, bytes));
            }
            Event::Storyboard(board) => {
                assert!(seen.board.replace(board).is_none());
            }
            Event::Segment { .. } => seen.segments += 1,
            _ => {}
        }
        Ok(())
    })
    .unwrap();
    seen
}

/// Luma of a JPEG, as the decoder gives it: pixels by line.
fn luma(jpeg: &[u8]) -> (Vec<Vec<u8>>, u32, u32) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.jpg");
    std::fs::write(&path, jpeg).unwrap();
    let mut input = ffmpeg::format::input(path.to_str().unwrap()).unwrap();
    let stream = input.streams().next().unwrap();
    let mut decoder = StreamDecoder::new(&stream, 1).unwrap();
    let mut packet = Packet::empty();
    packet.read(&mut input).unwrap();
    decoder.send(Some(&packet));
    decoder.send(None);
    let mut frame = frame::Video::empty();
    assert!(decoder.next(&mut frame));
    let rows = frame.data(0).chunks(frame.stride(0)).take(frame.height() as usize);
    (
        rows.map(|row| row[..frame.width() as usize].to_vec()).collect(),
        frame.width(),
        frame.height(),
    )
}

/// A film of one brightness a second: second `n` has luma `16 + 8 n` (limited range).
fn staircase(dir: &Path, seconds: f64, size: &str, keys: &str) -> std::path::PathBuf {
    let path = dir.join("stairs.mp4");
    let graph = format!("color=gray:s={size}:r=10,geq=lum='16+8*floor(T)':cb=128:cr=128[out0]");
    let pictures = FilmPictures {
        graph,
        rate: (10, 1),
        encoder: "libx264",
        options: &[("preset", "ultrafast"), ("g", keys), ("crf", "10")],
    };
    film::make(&path, &Film { seconds, pictures: Some(pictures), sound: None }).unwrap();
    path
}

/// The second of the staircase film that a tile of its storyboard shows.
fn second_of(rows: &[Vec<u8>], board: &crate::worker::Storyboard, tile: u32) -> f64 {
    let x = (tile % board.columns * board.tile_width + board.tile_width / 2) as usize;
    let y = (tile / board.columns * board.tile_height + board.tile_height / 2) as usize;
    // Full range in a JPEG: 16 became 0, 235 became 255.
    f64::from(rows[y][x]) * 219.0 / 255.0 / 8.0
}

/// MED-11
#[test]
fn every_tile_of_the_storyboard_shows_its_moment() {
    let dir = tempfile::tempdir().unwrap();
    let path = staircase(dir.path(), 13.0, "320x180", "20");
    for first_segment in [0, 3] {
        let seen = run(&path, first_segment);
        let board = seen.board.unwrap();
        assert_eq!(
            (board.tile_width, board.tile_height, board.columns, board.rows),
            (160, 90, 10, 10)
        );
        assert_eq!((board.interval_us, board.count), (2_000_000, 7));
        let [(0, sheet)] = &seen.sheets[..] else { panic!("one sheet") };
        let (rows, width, height) = luma(sheet);
        assert_eq!((width, height), (1_600, 900));
        for tile in 0..board.count {
            let second = second_of(&rows, &board, tile);
            assert!(
                (second - f64::from(tile) * 2.0).abs() < 0.4,
                "{first_segment}: {tile} {second}"
            );
        }
        assert!(rows[50][1_200] < 8, "the rest of the sheet is black");
    }
}

/// Key frames that stand far apart: each tile shows the nearest one.
#[test]
fn a_second_look_takes_the_nearest_key_frame() {
    let dir = tempfile::tempdir().unwrap();
    let path = staircase(dir.path(), 13.0, "180x320", "60");
    let seen = run(&path, 3);
    let board = seen.board.unwrap();
    assert_eq!((board.tile_width, board.tile_height, board.count), (90, 160, 7));
    let (rows, ..) = luma(&seen.sheets[0].1);
    let seconds: Vec<f64> = (0..7).map(|tile| second_of(&rows, &board, tile).round()).collect();
    assert_eq!(seconds, [0.0, 0.0, 6.0, 6.0, 6.0, 12.0, 12.0]);
}

#[test]
fn a_long_film_fills_sheet_after_sheet() {
    av::init();
    let mut board = Board::new(None, 640, 360);
    let mut sheets = Vec::new();
    let mut last = None;
    let grey = picture("color=gray:s=640x360");
    let mut emit = |event: Event| {
        match event {
            Event::StoryboardSheet { sheet, .. } => sheets.push(sheet),
            Event::Storyboard(board) => last = Some(board),
            _ => {}
        }
        Ok(())
    };
    for n in 0..=205 {
        board.see(&grey, n * 2_000_000, &mut emit).unwrap();
    }
    board.finish(411_000_000, &mut emit).unwrap();
    assert_eq!(sheets, [0, 1, 2]);
    assert_eq!(last.map(|board| (board.count, board.interval_us)), Some((206, 2_000_000)));
}

/// A film that begins black, is blurred, flat, and shows something from second to second.
fn story(dir: &Path) -> std::path::PathBuf {
    let path = dir.join("story.mp4");
    // 24 s in windows of 4: black at first, then a picture; flat grey; blurred, at its end sharp;
    // the same picture as in the first window; another; black to the end.
    let graph = "color=black:s=480x270:r=10:d=2[a];\
        testsrc2=s=480x270:r=10:d=2,select='eq(n,0)',loop=-1:1,setpts=N/10/TB,trim=duration=2[b];\
        color=gray:s=480x270:r=10:d=4[c];\
        mandelbrot=s=480x270:rate=10,trim=duration=3,gblur=sigma=25[d];\
        mandelbrot=s=480x270:rate=10,trim=duration=1[e];\
        testsrc2=s=480x270:r=10:d=4,select='eq(n,0)',loop=-1:1,setpts=N/10/TB,trim=duration=4[f];\
        testsrc=s=480x270:r=10:d=4,hue=h=90[g];\
        color=black:s=480x270:r=10:d=4[h];\
        [a][b][c][d][e][f][g][h]concat=n=8,fps=10,format=yuv420p[out0]";
    let pictures = FilmPictures {
        graph: graph.into(),
        rate: (10, 1),
        encoder: "libx264",
        options: &[("preset", "ultrafast"), ("g", "10")],
    };
    film::make(&path, &Film { seconds: 24.0, pictures: Some(pictures), sound: None }).unwrap();
    path
}

/// MED-14
#[test]
fn stills_are_neither_black_nor_flat_nor_blurred_nor_twice_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let path = story(dir.path());
    for first_segment in [0, 4] {
        let seen = run(&path, first_segment);
        let moments: Vec<f64> =
            seen.stills.values().map(|still| still.at_us as f64 / 1e6).collect();
        let [first, sharp, other] = moments[..] else { panic!("{first_segment}: {moments:?}") };
        assert!((2.0..4.0).contains(&first), "{moments:?}");
        assert!((11.0..12.0).contains(&sharp), "{moments:?}");
        assert!((16.0..20.0).contains(&other), "{moments:?}");
        for still in seen.stills.values() {
            let (_, width, height) = luma(&still.jpeg);
            assert_eq!(((width, height), still.size), ((426, 240), (426, 240)));
        }
    }
}

/// MED-14
#[test]
fn the_first_still_comes_with_the_first_segment_and_a_better_one_takes_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.mp4");
    // Weak contrast for three seconds, then a good picture.
    let graph = "testsrc2=s=320x240:r=10:d=3,lutyuv=y='110+(val-110)/6':u=128:v=128[a];\
        testsrc2=s=320x240:r=10:d=33[b];[a][b]concat=n=2[out0]";
    let options: &[(&str, &str)] = &[("preset", "ultrafast"), ("g", "20")];
    let pictures = FilmPictures { graph: graph.into(), rate: (10, 1), encoder: "libx264", options };
    film::make(&path, &Film { seconds: 36.0, pictures: Some(pictures), sound: None }).unwrap();
    let seen = run(&path, 0);
    assert!(seen.before_first <= Some(1), "{:?}", seen.before_first);
    let Still { at_us, times, .. } = seen.stills[&0];
    assert!((3_000_000..6_000_000).contains(&at_us) && times == 2, "{at_us} {times}");
}

#[test]
fn a_film_with_nothing_to_see_has_a_still_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.mp4");
    for (seconds, graph) in
        [(0.3, "testsrc2=s=64x48:r=10[out0]"), (3.0, "color=black:s=64x48:r=10[out0]")]
    {
        let options: &[(&str, &str)] = &[("preset", "ultrafast")];
        let pictures =
            FilmPictures { graph: graph.into(), rate: (10, 1), encoder: "libx264", options };
        film::make(&path, &Film { seconds, pictures: Some(pictures), sound: None }).unwrap();
        let seen = run(&path, 0);
        assert_eq!(seen.stills.len(), 1, "{graph}");
        assert!(seen.board.unwrap().count >= 1);
    }
}
