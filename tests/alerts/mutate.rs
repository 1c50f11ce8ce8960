//! Expressions changed in one place each.

use promql_parser::parser::token::{self, TokenType};
use promql_parser::parser::{BinaryExpr, Expr, NumberLiteral, ParenExpr};

/// A changed expression, and what was changed.
pub(crate) struct Mutant {
    pub(crate) what: String,
    pub(crate) expr: String,
}

/// Every expression that differs in one place: a comparison is turned round, a number moved by a quarter (0 by 1), an
/// aggregation dropped, a set operator replaced, a label's matcher left out.
pub(crate) fn mutants(expr: &str) -> Vec<Mutant> {
    let parsed = promql_parser::parser::parse(expr).unwrap_or_else(|error| panic!("{expr}: {error}"));
    changed(&parsed).into_iter().map(|(what, expr)| Mutant { what, expr: expr.to_string() }).collect()
}

/// The expression as the parser prints it: what mutants differ from.
pub(crate) fn printed(expr: &str) -> String {
    promql_parser::parser::parse(expr).unwrap().to_string()
}

fn changed(expr: &Expr) -> Vec<(String, Expr)> {
    let mut all = here(expr);
    for child in 0.. {
        let mut copy = expr.clone();
        let Some(place) = child_of(&mut copy, child) else { break };
        for (what, new) in changed(&place.clone()) {
            let mut copy = expr.clone();
            if let Some(place) = child_of(&mut copy, child) {
                *place = new;
            }
            all.push((what, copy));
        }
    }
    all
}

/// Changes of this node itself.
fn here(expr: &Expr) -> Vec<(String, Expr)> {
    match expr {
        Expr::NumberLiteral(number) => moved(number.val),
        Expr::Aggregate(aggregate) => {
            let inner = Expr::Paren(ParenExpr { expr: aggregate.expr.clone() });
            vec![(format!("{} dropped", aggregate.op), inner)]
        }
        Expr::Binary(binary) => {
            let others = others(binary.op).into_iter();
            let with = |op: TokenType| Expr::Binary(BinaryExpr { op, ..binary.clone() });
            others.map(|op| (format!("{} becomes {op}", binary.op), with(op))).collect()
        }
        Expr::VectorSelector(selector) => without_matcher(&selector.matchers.matchers)
            .map(|(what, matchers)| {
                let mut selector = selector.clone();
                selector.matchers.matchers = matchers;
                (what, Expr::VectorSelector(selector))
            })
            .collect(),
        Expr::MatrixSelector(selector) => without_matcher(&selector.vs.matchers.matchers)
            .map(|(what, matchers)| {
                let mut selector = selector.clone();
                selector.vs.matchers.matchers = matchers;
                (what, Expr::MatrixSelector(selector))
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn moved(value: f64) -> Vec<(String, Expr)> {
    let to = if value == 0.0 { [-1.0, 1.0] } else { [value * 0.75, value * 1.25] };
    to.map(|to| (format!("{value} becomes {to}"), Expr::NumberLiteral(NumberLiteral { val: to }))).into()
}

fn others(op: TokenType) -> Vec<TokenType> {
    let other = match op.id() {
        token::T_GTR => token::T_LSS,
        token::T_GTE => token::T_LTE,
        token::T_LSS => token::T_GTR,
        token::T_LTE => token::T_GTE,
        token::T_EQLC => token::T_NEQ,
        token::T_NEQ => token::T_EQLC,
        token::T_LAND => token::T_LOR,
        token::T_LOR => token::T_LAND,
        token::T_LUNLESS => token::T_LAND,
        _ => return Vec::new(),
    };
    vec![TokenType::new(other)]
}

type Matchers = Vec<promql_parser::label::Matcher>;

fn without_matcher(matchers: &[promql_parser::label::Matcher]) -> impl Iterator<Item = (String, Matchers)> {
    // Without its name a selector means all that there is.
    let places = matchers.iter().enumerate().filter(|(_, matcher)| matcher.name != "__name__");
    places.map(|(place, matcher)| {
        let mut rest = matchers.to_vec();
        rest.remove(place);
        (format!("without {matcher}"), rest)
    })
}

/// The child of that place, in a fixed order.
fn child_of(expr: &mut Expr, place: usize) -> Option<&mut Expr> {
    match (expr, place) {
        (Expr::Aggregate(aggregate), 0) => Some(&mut aggregate.expr),
        (Expr::Aggregate(aggregate), 1) => aggregate.param.as_deref_mut(),
        (Expr::Unary(unary), 0) => Some(&mut unary.expr),
        (Expr::Binary(binary), 0) => Some(&mut binary.lhs),
        (Expr::Binary(binary), 1) => Some(&mut binary.rhs),
        (Expr::Paren(paren), 0) => Some(&mut paren.expr),
        (Expr::Subquery(subquery), 0) => Some(&mut subquery.expr),
        (Expr::Call(call), place) => call.args.args.get_mut(place).map(AsMut::as_mut),
        _ => None,
    }
}
