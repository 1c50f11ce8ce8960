use super::*;

const GOOD: Attribute = Attribute::one_of("clip.format", "Container of the clip", &["gif", "mp4"]);

#[track_caller]
fn breaks(rule: Rule, instruments: &'static [Instrument]) {
    let faults = Catalog::empty().with("Mine", instruments).lint();
    assert!(faults.iter().any(|fault| fault.rule == rule), "{rule:?} not among {faults:?}");
}

#[test]
fn our_own_definitions_break_no_rule() {
    assert_eq!(Catalog::own().lint(), []);
}

#[test]
fn our_own_attributes_are_the_same_everywhere() {
    let keys: Vec<_> = Catalog::own().attributes().iter().map(|attribute| attribute.key()).collect();
    let mut twice: Vec<_> = keys.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    twice.dedup();
    assert_eq!(twice, ["error.type"]);
}

const UNBOUNDED: Attribute = Attribute::budget("clip.id", "Each clip's own", 1_000_000);
const BADLY_NAMED: Attribute = Attribute::budget("Clip Format", "As it says", 3);
const EMPTY: Attribute = Attribute::one_of("clip.format", "None", &[]);

#[test]
fn each_rule_finds_what_breaks_it() {
    const fn counter(name: &'static str, unit: &'static str) -> Instrument {
        Instrument::counter(name, unit, "Clips rendered so far")
    }
    breaks(Rule::NameForm, const { &[counter("clip", "{clip}")] });
    breaks(Rule::NameForm, const { &[counter("clip.Rendered", "{clip}")] });
    breaks(Rule::NameForm, const { &[counter("clip..rendered", "{clip}")] });
    breaks(Rule::NameSuffix, const { &[counter("clip.rendered.total", "{clip}")] });
    breaks(Rule::NameSuffix, const { &[counter("clip.rendered_bytes", "By")] });
    breaks(Rule::NameSuffix, const { &[Instrument::gauge("clip.count", "{clip}", "Clips that are there")] });
    breaks(Rule::NameUnique, const { &[counter("clip.rendered", "{clip}"), counter("clip.rendered", "{clip}")] });
    breaks(Rule::Unit, const { &[counter("clip.rendered", "ms")] });
    breaks(Rule::Unit, const { &[counter("clip.rendered", "")] });
    breaks(Rule::Unit, const { &[counter("clip.rendered", "{}")] });
    breaks(Rule::Description, const { &[Instrument::counter("clip.rendered", "{clip}", "")] });
    breaks(Rule::Buckets, const { &[Instrument::histogram("clip.wait", "s", "Time before rendering")] });
    breaks(Rule::Buckets, const { &[counter("clip.rendered", "{clip}").buckets(Family::Work)] });
    breaks(Rule::AttributeKeys, const { &[counter("clip.rendered", "{clip}").attributes(&[GOOD, GOOD])] });
    breaks(Rule::AttributeKeys, const { &[counter("clip.rendered", "{clip}").attributes(&[BADLY_NAMED])] });
    breaks(Rule::AttributeValues, const { &[counter("clip.rendered", "{clip}").attributes(&[UNBOUNDED])] });
    breaks(Rule::AttributeValues, const { &[counter("clip.rendered", "{clip}").attributes(&[EMPTY])] });
    breaks(
        Rule::Bounds,
        const { &[Instrument::histogram("clip.wait", "s", "Time before rendering").buckets(Family::Own(&[2.0, 1.0]))] },
    );
    assert!(lint::bounds(&[1.0, 1.0]).is_some());
    assert!(lint::bounds(&[1.0, f64::INFINITY]).is_some());
    assert!(lint::bounds(&[f64::NAN]).is_some());
}

#[test]
fn span_attributes_are_in_order() {
    for span in span::ALL {
        assert!(span.attributes.windows(2).all(|pair| pair[0].key < pair[1].key), "{}", span.name);
    }
}

#[test]
fn the_documents_hold_every_instrument() {
    let catalog = Catalog::own();
    let page = catalog.to_markdown();
    for instrument in catalog.iter() {
        assert!(page.contains(&format!("| `{}` |", instrument.name())), "{}", instrument.name());
    }
}
