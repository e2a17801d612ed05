package slot

import "strings"

// run is a stretch of dictated characters, with what stands for each.
type run struct {
	from, to int    // in the sentence
	value    []byte // digits and letters
	unsure   []bool // unsure[i]: value[i] was read from a confusable character
	backup   int    // value[:backup] was taken back by a correction
}

func (r run) sure() bool {
	for _, u := range r.unsure {
		if u {
			return false
		}
	}
	return true
}

// runs finds the stretches in which characters are dictated. Confusable characters are read only
// between two sure ones or, at most two, at the end; letters only if asked for.
func (s sentence) runs(letters bool) []run {
	var all []run
	for i := 0; i < s.len(); {
		r := s.run(i, letters)
		if len(r.value) == 0 {
			i++
			continue
		}
		all = append(all, r)
		i = r.to
	}
	return all
}

func (s sentence) run(from int, letters bool) run {
	r := run{from: from, to: from}
	for i := from; i < s.len(); {
		if n, value := s.dictated(i, letters); n > 0 {
			r.add(value, false)
			i += n
			r.to = i
			continue
		}
		if len(r.value) == 0 {
			break
		}
		if n := s.hasAny(i, fillers...); n > 0 && s.resumes(i+n, letters) {
			i += n
			continue
		}
		if n := s.hasAny(i, corrections...); n > 0 && s.resumes(i+n, letters) {
			r.backup = len(r.value)
			i += n
			continue
		}
		if c, ok := confusable(s.r[i]); ok && s.bridges(i, letters) {
			r.add(string(c), true)
			i++
			r.to = i
			continue
		}
		break
	}
	return r
}

func (r *run) add(value string, unsure bool) {
	for i := range len(value) {
		r.value = append(r.value, value[i])
		r.unsure = append(r.unsure, unsure)
	}
}

// dictated reads one dictated character at i, or a repeat such as 三个八 and 双六.
func (s sentence) dictated(i int, letters bool) (n int, value string) {
	if i >= s.len() {
		return 0, ""
	}
	d, ok := digitOf(s.r[i])
	if ok && s.has(i+1, "个") && i+2 < s.len() && d >= '2' {
		// 三个八 dictates; 三个月 and 三个一百 count.
		if again, is := digitOf(s.r[i+2]); is && (i+3 >= s.len() || unitOf(s.r[i+3]) == 0 && !s.has(i+3, "多") && !s.has(i+3, "月")) {
			return 3, strings.Repeat(string(again), int(d-'0'))
		}
		return 0, ""
	}
	if ok {
		if i+1 < s.len() && unitOf(s.r[i+1]) > 0 {
			return 0, "" // 三百: a quantity
		}
		return 1, string(d)
	}
	if s.r[i] == '双' && i+1 < s.len() {
		if again, is := digitOf(s.r[i+1]); is {
			return 2, string([]byte{again, again})
		}
	}
	if letters && s.r[i] >= 'A' && s.r[i] <= 'Z' {
		return 1, string(s.r[i])
	}
	return 0, ""
}

// resumes reports whether dictation goes on at i.
func (s sentence) resumes(i int, letters bool) bool {
	n, _ := s.dictated(i, letters)
	return n > 0
}

// bridges reports whether a confusable character stands among dictated ones: at most two in a row,
// with one after them, or at the end of a stretch.
func (s sentence) bridges(i int, letters bool) bool {
	for j := i; j < i+3 && j <= s.len(); j++ {
		if j == s.len() || j > i && s.gap[j] {
			return true
		}
		if s.resumes(j, letters) {
			return true
		}
		if _, ok := confusable(s.r[j]); !ok {
			return false
		}
	}
	return false
}

// reading is a value that a run may stand for.
type reading struct {
	value    string
	repaired bool
	problem  Problem
	score    int
}

// resolve finds the best reading of a run as an identifier: what came after a correction, what
// remains when a repeated beginning is dropped, the run as it is.
func (id identifier) resolve(r run) (reading, bool) {
	best, found := reading{}, false
	for _, w := range id.windows(r) {
		value := string(r.value[w[0]:w[1]])
		got := reading{value: value, problem: id.validate(value), score: 4}
		for _, u := range r.unsure[w[0]:w[1]] {
			got.repaired = got.repaired || u
		}
		if got.repaired && !id.proven && !(id.kind == Phone && onlyFirst(r.unsure[w[0]:w[1]]) && got.value[0] == '1') {
			got.problem = Malformed
		}
		if got.problem != "" {
			got.score = 1
		} else if got.repaired {
			got.score = 2
		}
		if w[0] == 0 && w[1] == len(r.value) {
			got.score++
		}
		if !found || got.score > best.score {
			best, found = got, true
		}
	}
	return best, found
}

// onlyFirst reports whether the first digit alone is unsure: of a mobile number it must be one.
func onlyFirst(unsure []bool) bool {
	for _, u := range unsure[1:] {
		if u {
			return false
		}
	}
	return true
}

// windows are the parts of a run that may be the number, most likely first.
func (id identifier) windows(r run) [][2]int {
	n := len(r.value)
	var list [][2]int
	add := func(from, to int) {
		if size := to - from; from >= 0 && to <= n && size >= id.min && size <= id.max {
			list = append(list, [2]int{from, to})
		}
	}
	if r.backup > 0 {
		add(r.backup, n)
		return list
	}
	add(0, n)
	for to := n; to > 0 && r.unsure[to-1]; to-- {
		add(0, to-1) // words that only sound like digits may follow
	}
	// A restart: the beginning was said, then the whole from its beginning.
	for from := 2; from <= n-id.min; from++ {
		said := min(from, 3)
		if string(r.value[from:from+said]) == string(r.value[:said]) {
			add(from, n)
			add(from, from+id.min)
		}
	}
	if id.proven && n > id.min && n <= id.max+6 {
		for from := 0; from+id.min <= n; from++ {
			add(from, from+id.min)
		}
	}
	return list
}
