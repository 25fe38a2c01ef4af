//! The storyboard: small pictures of the film at equal steps, ten by ten on a sheet, for the seek
//! bar. One sheet is held at a time.

use ffmpeg_next::{Rational, filter, format, frame};

use super::graph::{self, PictureShape};
use super::{During, Emit, Event, TranscodeError, jpeg};
use crate::av;
use crate::worker::{MAX_SHEETS, Storyboard};

/// The long side of a tile, in pixels.
const TILE_SIDE: u32 = 160;
/// Tiles across and down a sheet.
const COLUMNS: u32 = 10;
const ROWS: u32 = 10;
/// The most tiles of a film whose length is known.
const TILES: u64 = 600;
/// The smallest step from tile to tile, in microseconds; the step when the length is unknown.
const MIN_INTERVAL_US: u64 = 2_000_000;

/// A tile and the moment that it shows.
struct Tile {
    picture: frame::Video,
    at_us: u64,
}

/// Watches the pictures of a film go by, in order of time.
pub(super) struct Board {
    shape: Storyboard,
    scaler: Option<(filter::Graph, PictureShape)>,
    sheet: Option<frame::Video>,
    last: Option<Tile>,
}

/// The step from tile to tile for a film of this length, in microseconds.
fn interval_us(duration_us: Option<u64>) -> u64 {
    duration_us.map_or(0, |us| us.div_ceil(TILES)).max(MIN_INTERVAL_US)
}

/// A tile of a picture of `width` by `height` pixels, both sides even.
fn tile_size(width: u32, height: u32) -> (u32, u32) {
    let long = u64::from(width.max(height).max(1));
    let side = |side: u32| {
        let scaled = (u64::from(side) * u64::from(TILE_SIDE) + long / 2) / long;
        u32::try_from(scaled).unwrap_or(TILE_SIDE).next_multiple_of(2).max(2)
    };
    (side(width), side(height))
}

impl Board {
    /// For a film of this length, if it is known, in pictures of this size.
    pub(super) fn new(duration_us: Option<u64>, width: u32, height: u32) -> Self {
        let (tile_width, tile_height) = tile_size(width, height);
        let interval_us = interval_us(duration_us);
        let (columns, rows) = (COLUMNS, ROWS);
        let shape = Storyboard { tile_width, tile_height, columns, rows, interval_us, count: 0 };
        Self { shape, scaler: None, sheet: None, last: None }
    }

    /// When the next tile is due, in microseconds.
    fn due_us(&self) -> u64 {
        u64::from(self.shape.count) * self.shape.interval_us
    }

    fn is_full(&self) -> bool {
        self.shape.count >= COLUMNS * ROWS * MAX_SHEETS
    }

    /// Whether a picture of that moment would become a tile.
    pub(super) fn wants(&self, at_us: u64) -> bool {
        at_us >= self.due_us() && !self.is_full()
    }

    /// Takes `picture`, as the encoders get it. Whoever has all pictures shows those that are
    /// [wanted](Self::wants); whoever has only some shows every one, and each tile gets the one
    /// that is nearest to its moment.
    pub(super) fn see(
        &mut self,
        picture: &frame::Video,
        at_us: u64,
        emit: &mut Emit<'_>,
    ) -> Result<(), TranscodeError> {
        if self.is_full() {
            return Ok(());
        }
        let new = Tile { picture: self.scale(picture)?, at_us };
        let old = self.last.take();
        while self.wants(at_us) {
            let due = self.due_us();
            let nearer = old.as_ref().filter(|old| due.abs_diff(old.at_us) < due.abs_diff(at_us));
            self.place(nearer.unwrap_or(&new), emit)?;
        }
        self.last = Some(new);
        Ok(())
    }

    /// The film has ended at `end_us`.
    pub(super) fn finish(
        &mut self,
        end_us: u64,
        emit: &mut Emit<'_>,
    ) -> Result<(), TranscodeError> {
        if let Some(last) = self.last.take() {
            while self.due_us() < end_us && !self.is_full() {
                self.place(&last, emit)?;
            }
        }
        self.flush(emit)?;
        if self.shape.count > 0 {
            emit(Event::Storyboard(self.shape))?;
        }
        Ok(())
    }

    fn scale(&mut self, picture: &frame::Video) -> Result<frame::Video, TranscodeError> {
        let shape = PictureShape {
            width: picture.width(),
            height: picture.height(),
            format: av::pixel_number(picture.format()),
            aspect: picture.aspect_ratio(),
            time_base: Rational(1, 1_000),
        };
        if self.scaler.as_ref().is_none_or(|(_, built_for)| *built_for != shape) {
            let (width, height) = (self.shape.tile_width, self.shape.tile_height);
            let full = jpeg::FULL_RANGE;
            let spec = format!("[in]scale={width}:{height}:flags=area:{full}[out0]");
            let graph = graph::video_graph(&shape, &spec, 1).during("building the tile filter")?;
            self.scaler = Some((graph, shape));
        }
        let mut tile = frame::Video::empty();
        if let Some((graph, _)) = &mut self.scaler {
            // A copy: a filter takes the picture out of the frame that it is given.
            graph::push(graph, &picture.clone()).during("making a tile")?;
            graph::pull(graph, "out0", &mut tile).during("making a tile")?;
        }
        Ok(tile)
    }

    fn place(&mut self, tile: &Tile, emit: &mut Emit<'_>) -> Result<(), TranscodeError> {
        let (width, height) = (self.shape.tile_width, self.shape.tile_height);
        let sheet = self.sheet.get_or_insert_with(|| empty_sheet(width * COLUMNS, height * ROWS));
        let place = self.shape.count % (COLUMNS * ROWS);
        let (x, y) = (place % COLUMNS * width, place / COLUMNS * height);
        for (plane, share) in [(0, 1), (1, 2), (2, 2)] {
            let size = ((width / share) as usize, (height / share) as usize);
            copy_plane(
                &tile.picture,
                sheet,
                plane,
                ((x / share) as usize, (y / share) as usize),
                size,
            );
        }
        self.shape.count += 1;
        if self.shape.count.is_multiple_of(COLUMNS * ROWS) { self.flush(emit) } else { Ok(()) }
    }

    /// Gives the present sheet out, full or not.
    fn flush(&mut self, emit: &mut Emit<'_>) -> Result<(), TranscodeError> {
        let Some(sheet) = self.sheet.take() else { return Ok(()) };
        let bytes = jpeg::encode(&sheet)?.bytes;
        let sheet = (self.shape.count - 1) / (COLUMNS * ROWS);
        Ok(emit(Event::StoryboardSheet { sheet, bytes })?)
    }
}

/// A black sheet, full-range YUV.
fn empty_sheet(width: u32, height: u32) -> frame::Video {
    let mut sheet = frame::Video::new(format::Pixel::YUVJ420P, width, height);
    for plane in 0..sheet.planes().min(3) {
        sheet.data_mut(plane).fill(if plane == 0 { 0 } else { 128 });
    }
    sheet
}

/// Copies the rows of one plane of `from` to `(x, y)` of `to`.
fn copy_plane(
    from: &frame::Video,
    to: &mut frame::Video,
    plane: usize,
    (x, y): (usize, usize),
    (width, height): (usize, usize),
) {
    if from.planes() <= plane || to.planes() <= plane {
        return;
    }
    let (source, target) = (from.stride(plane), to.stride(plane));
    let rows = from.data(plane).chunks(source.max(1)).take(height);
    let lines = to.data_mut(plane).chunks_mut(target.max(1)).skip(y);
    for (row, line) in rows.zip(lines) {
        if let (Some(row), Some(line)) = (row.get(..width), line.get_mut(x..x + width)) {
            line.copy_from_slice(row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_keep_the_shape_and_are_at_most_six_hundred() {
        assert_eq!(tile_size(1_280, 720), (160, 90));
        assert_eq!(tile_size(720, 1_280), (90, 160));
        assert_eq!(tile_size(854, 480), (160, 90));
        assert_eq!(tile_size(640, 40), (160, 10));
        assert_eq!(tile_size(16, 16), (160, 160));
        assert_eq!(interval_us(None), 2_000_000);
        assert_eq!(interval_us(Some(60_000_000)), 2_000_000);
        assert_eq!(interval_us(Some(4 * 3_600_000_000)), 24_000_000);
        for us in [1_200_000_001_u64, 7_777_777_777] {
            assert!(us.div_ceil(interval_us(Some(us))) <= TILES);
        }
    }
}
