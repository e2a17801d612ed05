package slot

import "strings"

// captureIdentifier reads a dictated or typed number, on top of the groups that came before.
func captureIdentifier(k Kind, text, partial string) Captured {
	id, _ := identifierOf(k)
	if k == IDCard {
		text = strings.NewReplacer("*", "X", "＊", "X").Replace(text)
	}
	s := read(spelled.Replace(text))
	if s.contains("重来", "重新说", "重说", "从头") {
		partial = ""
	}
	if k == Plate {
		return capturePlate(s, id, partial)
	}
	if value, ok := s.amended(id, partial); ok {
		return id.judge(reading{value: value, problem: id.validate(value)})
	}
	said := s.dictations(id)
	if len(said) == 0 {
		return Captured{Problem: Missing, Partial: partial, Spoken: id.spell(partial)}
	}
	return id.judge(id.best(said, partial))
}

// spelled are letters as they are called.
var spelled = strings.NewReplacer("艾克斯", "X", "爱克斯", "X", "叉", "X", "大写", "", "字母", "")

// dictations are the stretches a number may be made of. In the answer to a question a number may
// also begin with a misheard digit: 要五四….
func (s sentence) dictations(id identifier) []run {
	letters := id.kind == VIN || id.kind == CreditCode || id.kind == IDCard
	all := s.runs(letters)
	for i := range all {
		r := &all[i]
		for n := 0; n < 2 && r.from > 0; n++ {
			if i > 0 && r.from <= all[i-1].to || s.gap[r.from] {
				break
			}
			c, ok := confusable(s.r[r.from-1])
			if !ok {
				break
			}
			r.value = append([]byte{c}, r.value...)
			r.unsure = append([]bool{true}, r.unsure...)
			r.backup += min(r.backup, 1)
			r.from--
		}
	}
	return all
}

// best reads what was said alone or after the groups before, whichever makes a good number.
func (id identifier) best(said []run, partial string) reading {
	whole := joinRuns(said)
	before := run{value: []byte(partial), unsure: make([]bool, len(partial))}
	tries := []run{joinRuns([]run{before, whole})}
	if partial == "" || strings.HasPrefix(string(whole.value), partial) || Validate(id.kind, partial) == "" {
		tries = nil // it was begun again
	}
	tries = append(tries, whole)
	for i := len(said) - 1; i >= 0; i-- {
		tries = append(tries, said[i])
	}
	first := id.short(tries[0])
	for _, t := range tries {
		if got, ok := id.resolve(t); ok && got.problem == "" {
			return got
		}
	}
	if got, ok := id.resolve(tries[0]); ok {
		return got
	}
	return first
}

// short reads a run that has no legal length.
func (id identifier) short(r run) reading {
	value := string(r.value[r.backup:])
	got := reading{value: value, problem: id.validate(value)}
	for _, u := range r.unsure[min(r.backup, len(r.unsure)):] {
		got.repaired = got.repaired || u
	}
	return got
}

func joinRuns(list []run) run {
	var all run
	for _, r := range list {
		if r.backup > 0 {
			all.backup = len(all.value) + r.backup
		}
		all.value = append(all.value, r.value...)
		all.unsure = append(all.unsure, r.unsure...)
		all.to = r.to
	}
	return all
}

// amended changes a part of what was captured before: 后四位是三二三七, 最后一位是八, 前三位是一五四.
func (s sentence) amended(id identifier, partial string) (string, bool) {
	if len(partial) < 4 {
		return "", false
	}
	for i := range s.r {
		n := s.hasAny(i, "最后", "后", "末", "尾号", "前", "开头")
		if n == 0 {
			continue
		}
		tail := !s.has(i, "前") && !s.has(i, "开头")
		count, j := s.countText(i + n)
		size := 0
		if u := s.hasAny(j, "位数", "位"); u > 0 && count != "" && len(count) <= 2 {
			size, j = atoi(count), j+u
		} else {
			j = i + n
		}
		j += s.hasAny(j, "应该是", "是", "改成", "改为", "不对是")
		r := s.run(j, !onlyDigits(id))
		if len(r.value) == 0 || size > 0 && len(r.value) != size || len(r.value) > len(partial) {
			continue
		}
		if tail {
			return partial[:len(partial)-len(r.value)] + string(r.value), true
		}
		return string(r.value) + partial[len(r.value):], true
	}
	return "", false
}

func onlyDigits(id identifier) bool { return !id.accepts('A') }

// judge turns a reading into an answer to the caller.
func (id identifier) judge(got reading) Captured {
	switch got.problem {
	case "":
		return id.good(got)
	case TooShort:
		if !id.possible(got.value) {
			return Captured{Problem: Malformed}
		}
		return Captured{Problem: TooShort, Partial: got.value, Spoken: id.spell(got.value), Repaired: got.repaired, Confidence: 0.8}
	}
	out := Captured{Problem: got.problem}
	if got.repaired && id.validate(got.value) == "" {
		// Nothing proves the repair, so it is only offered.
		out.Candidates = []Candidate{{Value: got.value, Label: id.spell(got.value)}}
	}
	return out
}

func (id identifier) good(got reading) Captured {
	c := Captured{Value: got.value, Partial: got.value, Spoken: id.spell(got.value), Confidence: 0.9, Repaired: got.repaired}
	if id.proven {
		c.Confidence = 0.97
	}
	if got.repaired {
		c.Confidence = 0.7
	}
	return c
}

// capturePlate reads a plate that may come in two turns: 云Z, then the rest.
func capturePlate(s sentence, id identifier, partial string) Captured {
	for _, t := range []sentence{s, read(partial + string(s.r))} {
		if list := t.plates(); len(list) > 0 {
			last := list[len(list)-1]
			return id.good(reading{value: string(last.value), repaired: !last.sure()})
		}
	}
	t := read(partial + string(s.r))
	for i := range t.r {
		if value, _, _ := t.plateRunes(i); len(value) > 1 {
			return Captured{Problem: TooShort, Partial: string(value), Spoken: id.spell(string(value)), Confidence: 0.8}
		}
	}
	for _, r := range s.runs(true) {
		if len(r.value) > 3 {
			return Captured{Problem: Malformed, Partial: partial} // a number without its province
		}
	}
	return Captured{Problem: Missing, Partial: partial}
}
