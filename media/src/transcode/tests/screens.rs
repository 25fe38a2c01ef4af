//! Recordings of screens, and rungs that gain nothing.

use super::*;

fn film(graph: &str, rate: i32, seconds: f64) -> Fixture {
    fixture(
        "in.mp4",
        &Film { seconds, pictures: pictures(graph, (rate, 1)), sound: tone("stereo") },
    )
}

/// MED-10
#[test]
fn a_recorded_screen_is_recognised_and_published_at_thirty_pictures_a_second() {
    // Pages of lines, a new one every three seconds, and a pointer that wanders over them.
    let screen = "color=c=0xf4f4f4:s=854x480:r=60[a];color=c=0xe0ffe0:s=854x480:r=60[b];\
                  [a]drawgrid=w=61:h=16:t=2:c=black[c];[b]drawgrid=w=23:h=40:t=2:c=blue[d];\
                  [c][d]overlay=enable='gt(mod(t,6),3)'[e];color=c=black:s=12x18:r=60[f];\
                  [e][f]overlay=x='mod(t*90,800)':y='200+20*sin(t)',format=yuv420p[out0]";
    let fixture = film(screen, 60, 12.0);
    let product = run(&fixture.path, &full_order()).unwrap();
    assert!(product.plan.screen);
    check(&product, fixture.dir.path());
    for rendition in product.plan.renditions.iter().filter_map(|r| r.frame_rate) {
        assert!(rendition.as_f64() <= 30.0, "{rendition:?}");
    }
}

#[test]
fn films_are_no_screens_however_quiet() {
    for graph in [
        "testsrc2=s=640x360:r=25,format=yuv420p[out0]",
        "mandelbrot=s=640x360:r=25,format=yuv420p[out0]",
        // A camera's noise before a plain wall.
        "color=c=0x808080:s=640x360:r=25,noise=alls=12:allf=t,format=yuv420p[out0]",
        "color=c=black:s=640x360:r=25,format=yuv420p[out0]",
    ] {
        let fixture = film(graph, 25, 4.0);
        let product = run(&fixture.path, &order()).unwrap();
        assert!(!product.plan.screen, "{graph}");
    }
}

/// MED-10
#[test]
fn rungs_that_cost_the_same_are_made_and_told_to_be_useless() {
    let fixture = film("color=c=0x406080:s=854x480:r=25,format=yuv420p[out0]", 25, 9.0);
    let product = run(&fixture.path, &full_order()).unwrap();
    check(&product, fixture.dir.path());
    let rates: BTreeMap<_, _> = product
        .renditions
        .iter()
        .map(|(name, made)| {
            let bytes: usize = made.segments.iter().map(|(_, _, bytes)| bytes.len()).sum();
            (name.as_str(), bytes)
        })
        .collect();
    assert_eq!(product.dropped, ["480p"], "{rates:?}");

    // The rest of a job knows what earlier attempts have stored, or drops nothing.
    let rest = WorkerOrder { first_segment: 2, ..full_order() };
    assert!(run(&fixture.path, &rest).unwrap().dropped.is_empty());
    let stored = |name: &str, bytes| crate::worker::StoredBefore {
        rendition: name.into(),
        bytes,
        duration_us: 4_000_000,
    };
    let stored = vec![stored("240p", 1_000), stored("360p", 90_000), stored("480p", 91_000)];
    let rest = WorkerOrder { stored, ..rest };
    assert_eq!(run(&fixture.path, &rest).unwrap().dropped, ["480p"]);
}
