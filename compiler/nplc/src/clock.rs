//! The one place that reads the clock: the day by which `until` is judged, in UTC.

use std::time::{SystemTime, UNIX_EPOCH};

use npl_syntax::ast::Date;

const SECONDS_PER_DAY: u64 = 86_400;

pub(crate) fn today() -> Option<Date> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    civil(since.as_secs() / SECONDS_PER_DAY)
}

/// The day of the Gregorian calendar that is `days` after 1970-01-01. Years are counted from March,
/// in eras of 400 years: then every month but the last has its length by one formula.
fn civil(days: u64) -> Option<Date> {
    let days = days + 719_468; // from 0000-03-01
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    Some(Date {
        year: u16::try_from(year).ok()?,
        month: u8::try_from(month).ok()?,
        day: u8::try_from(day).ok()?,
    })
}

/// `--as-of YYYY-MM-DD`.
pub(crate) fn parse_day(text: &str) -> Result<Date, String> {
    let wrong = || format!("`{text}` is no day; write it as 2027-01-31");
    let parts: Vec<&str> = text.split('-').collect();
    let [y, m, d] = parts.as_slice() else {
        return Err(wrong());
    };
    let number = |part: &str, digits: usize| {
        let plain = part.len() == digits && part.bytes().all(|b| b.is_ascii_digit());
        plain
            .then(|| part.parse::<u16>().ok())
            .flatten()
            .ok_or_else(wrong)
    };
    let (year, month, day) = (number(y, 4)?, number(m, 2)?, number(d, 2)?);
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let length = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return Err(wrong()),
    };
    if day == 0 || day > length {
        return Err(wrong());
    }
    let small = |n: u16| u8::try_from(n).map_err(|_| wrong());
    Ok(Date {
        year,
        month: small(month)?,
        day: small(day)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(days: u64) -> (u16, u8, u8) {
        let date = civil(days).unwrap();
        (date.year, date.month, date.day)
    }

    #[test]
    fn days_of_the_calendar() {
        assert_eq!(day(0), (1970, 1, 1));
        assert_eq!(day(59), (1970, 3, 1));
        assert_eq!(day(11_016), (2000, 2, 29));
        assert_eq!(day(11_017), (2000, 3, 1));
        assert_eq!(day(20_780), (2026, 11, 23));
        assert_eq!(day(47_540), (2100, 2, 28));
        assert_eq!(day(47_541), (2100, 3, 1));
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut last = day(0);
        for days in 1..60_000 {
            let now = day(days);
            let same_month = (now.0, now.1) == (last.0, last.1) && now.2 == last.2 + 1;
            assert!(same_month || now.2 == 1, "{last:?} then {now:?}");
            last = now;
        }
    }

    #[test]
    fn days_on_the_command_line() {
        assert_eq!(
            parse_day("2028-02-29"),
            Ok(Date {
                year: 2028,
                month: 2,
                day: 29
            })
        );
        for bad in [
            "2027-02-29",
            "2027-13-01",
            "2027-1-1",
            "27-01-01",
            "2027-00-10",
            "x",
            "",
        ] {
            assert!(parse_day(bad).is_err(), "{bad}");
        }
    }
}
