//! Days of the Gregorian calendar.

use super::{Finding, Part};
use crate::ast::Date;
use npl_diagnostics::{Diagnostic, TextRange, codes::syntax};

/// `2027-01-31`: four, two and two digits, and a day that exists.
pub(crate) fn date(text: &str, at: TextRange) -> Result<Date, Box<Finding>> {
    let bad = |message: String, help: String| {
        Box::new(Diagnostic::new(&syntax::BAD_DATE, at, message).help(help))
    };
    let (year, rest) = Part::new(text, at).split('-');
    let (month, day) = match rest.map(|r| r.split('-')) {
        Some((month, Some(day))) => (month, day),
        _ => (year, year),
    };
    let number = |part: Part<'_>, digits| {
        let fits = part.text.len() == digits;
        part.text.parse::<u16>().ok().filter(|_| fits)
    };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2))
    else {
        return Err(bad(
            format!("`{text}` is not a date"),
            "write year, month and day with four, two and two digits, like `2027-01-31`".into(),
        ));
    };
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => {
            return Err(bad(
                format!("`{text}` names a month that does not exist"),
                "write a month from 01 to 12, like `2027-01-31`".into(),
            ));
        }
    };
    if !(1..=last).contains(&day) {
        return Err(bad(
            format!("`{text}` names a day that does not exist"),
            format!("month {month} of {year} has {last} days"),
        ));
    }
    Ok(Date {
        year,
        month: month as u8,
        day: day as u8,
    })
}
