//! Seconds against something that grows, as an SVG.

use std::fmt::Write as _;

const COLOURS: [&str; 8] = ["#1b7837", "#2166ac", "#b2182b", "#762a83", "#8c510a", "#35978f", "#e08214", "#777777"];
const LEFT: f64 = 60.0;
const TOP: f64 = 30.0;
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 360.0;

/// Each series by its name; linear axes from zero, as growth is judged by the eye.
pub fn seconds(axis: &str, series: &[(&str, Vec<(f64, f64)>)]) -> String {
    let points = || series.iter().flat_map(|(_, points)| points);
    let most = points().map(|(x, _)| *x).fold(1.0, f64::max);
    let longest = points().map(|(_, y)| *y).fold(0.001, f64::max);
    let place = |(x, y): &(f64, f64)| (LEFT + x / most * WIDTH, TOP + HEIGHT - y / longest * HEIGHT);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <path d=\"M{LEFT} {TOP}V{}H{}\" fill=\"none\" stroke=\"#444\"/>\n",
        LEFT + WIDTH + 40.0,
        TOP + HEIGHT + 50.0,
        TOP + HEIGHT,
        LEFT + WIDTH
    );
    let mut label = |x: f64, y: f64, anchor: &str, colour: &str, words: &str| {
        let _ =
            writeln!(text, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{words}</text>");
    };
    for share in [0.0, 0.5, 1.0] {
        let y = TOP + HEIGHT * (1.0 - share) + 4.0;
        label(LEFT - 6.0, y, "end", "#000", &format!("{:.2} s", longest * share));
        label(LEFT + WIDTH * share, TOP + HEIGHT + 18.0, "middle", "#000", &format!("{:.0}", most * share));
    }
    label(LEFT + WIDTH / 2.0, TOP + HEIGHT + 38.0, "middle", "#000", axis);
    for (nth, ((name, _), colour)) in series.iter().zip(COLOURS.iter().cycle()).enumerate() {
        label(LEFT + 12.0, TOP + 16.0 * (nth as f64 + 1.0), "start", colour, name);
    }
    for ((_, points), colour) in series.iter().zip(COLOURS.iter().cycle()) {
        let points: Vec<String> = points.iter().map(place).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let points = points.join(" ");
        let _ = writeln!(text, "<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>");
    }
    text + "</svg>\n"
}
