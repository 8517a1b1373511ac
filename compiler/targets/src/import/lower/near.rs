//! Which of many lines may meet one: by their subjects, or by their peers where those are fewer.

use npl_policy::{label::Cube, overlap::OverlapIndex};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::{lines::Line, peers::What};

/// Positions are those in the list of lines.
pub(super) struct Near<'l> {
    subjects: OverlapIndex,
    wholes: Vec<&'l Cube>,
    /// The peers that are pods, each with its line.
    pods: OverlapIndex,
    of_pods: Vec<usize>,
    /// Lines with a peer that may hold any pod.
    wide: Vec<usize>,
    by_spelling: FxHashMap<&'l SmolStr, Vec<usize>>,
}

impl<'l> Near<'l> {
    pub(super) fn of(lines: &'l [Line]) -> Self {
        let wholes: Vec<&Cube> = lines.iter().map(|line| &*line.whole).collect();
        let (mut cubes, mut of_pods, mut wide) = (Vec::new(), Vec::new(), Vec::new());
        let mut by_spelling: FxHashMap<&SmolStr, Vec<usize>> = FxHashMap::default();
        for (at, line) in lines.iter().enumerate() {
            for part in &line.peers {
                match &part.what {
                    What::Pods(cube) => {
                        cubes.push(&**cube);
                        of_pods.push(at);
                    }
                    What::Everybody => wide.push(at),
                    What::Reserved(_) | What::Nets(_) | What::Name(_) | What::Nobody => {}
                }
                by_spelling.entry(&part.spelling).or_default().push(at);
            }
        }
        Self {
            subjects: OverlapIndex::new(&wholes),
            wholes,
            pods: OverlapIndex::new(&cubes),
            of_pods,
            wide,
            by_spelling,
        }
    }

    /// In order: those whose subjects share a possible pod, without some of which no peer meets.
    pub(super) fn lines(&self, line: &Line) -> Vec<usize> {
        let by_subject = self.subjects.reach(&line.whole);
        match self.reach(line) {
            Some(by_peer) if by_peer < by_subject => self.by_peers(line),
            _ => self.subjects.candidates(&line.whole),
        }
    }

    /// At most so many lines have peers that meet; `None`: it is not known.
    fn reach(&self, line: &Line) -> Option<usize> {
        let mut sum = self.wide.len();
        for part in &line.peers {
            let What::Pods(cube) = &part.what else {
                return None;
            };
            sum += self.pods.reach(cube);
            sum += self.by_spelling.get(&part.spelling).map_or(0, Vec::len);
        }
        Some(sum)
    }

    /// Pods meet pods and everybody, and what is spelled as they are is compared too.
    fn by_peers(&self, line: &Line) -> Vec<usize> {
        let mut out = self.wide.clone();
        for part in &line.peers {
            if let What::Pods(cube) = &part.what {
                let pods = self.pods.candidates(cube).into_iter();
                out.extend(pods.filter_map(|at| self.of_pods.get(at)));
            }
            out.extend(self.by_spelling.get(&part.spelling).into_iter().flatten());
        }
        out.sort_unstable();
        out.dedup();
        let meets = |at: &usize| {
            self.wholes
                .get(*at)
                .is_some_and(|w| !w.disjoint(&line.whole))
        };
        out.retain(meets);
        out
    }
}
