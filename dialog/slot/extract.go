package slot

import (
	"sort"
	"strings"
)

// narrates says which acts tell a time of something that happened.
func narrates(act string) bool { return act != "suggest" && act != "praise" && act != "chitchat" }

// Extract finds the slots in a narration, in the order of the text and at most one of each kind:
// after a correction in the same breath the last, otherwise the one the narration is about.
// Context.Act, when it is known, decides what cannot be told from words alone: whether a school
// is where something happened or who is complained about, and whether help must come.
func Extract(text string, c Context) []Found {
	s := read(text)
	if s.len() == 0 || c.Act == "out_of_scope" || c.Act == "abuse" || c.Act == "chitchat" {
		return nil
	}
	x := extraction{s: s, c: c, taken: make([]bool, s.len()+1), times: s.phrases()}
	x.numbers()
	x.places()
	x.organisations()
	x.rest()
	sort.SliceStable(x.found, func(i, j int) bool { return x.found[i].Start < x.found[j].Start })
	return x.found
}

// extraction gathers what is found; runes that belong to one slot are not read as another.
type extraction struct {
	s     sentence
	c     Context
	taken []bool
	found []Found
	ends  map[int]bool // where names of places end
	times []phrase
}

func (x *extraction) take(from, to int) {
	for i := from; i < to; i++ {
		x.taken[i] = true
	}
}

func (x *extraction) isTaken(i int) bool { return x.taken[i] }

// put keeps the first of several, or the last when a correction stands between.
func (x *extraction) put(list []Found, spans [][2]int) {
	if len(list) == 0 {
		return
	}
	best := 0
	for i := 1; i < len(list); i++ {
		if x.s.corrected(spans[best][1], spans[i][0]) {
			best = i
		}
	}
	x.found = append(x.found, list[best])
}

// numbers finds identifiers: tickets, phones and the rest by their form and check digits.
func (x *extraction) numbers() {
	var plates []Found
	byKind := map[Kind][]Found{}
	for _, p := range x.s.plates() {
		x.take(p.from, p.to)
		f := x.s.found(Plate, string(p.value), p.from, p.to, 0.9)
		f.Repaired = !p.sure()
		plates = append(plates, f)
	}
	if len(plates) > 0 {
		x.found = append(x.found, plates[len(plates)-1])
	}
	for _, letters := range []bool{false, true} {
		for _, r := range x.s.runs(letters) {
			if x.taken[r.from] || len(r.value) < 10 {
				continue
			}
			kind, got, ok := identify(r, letters)
			if !ok {
				continue
			}
			f := x.s.found(kind, got.value, r.from, r.to, 0.95)
			f.Repaired = got.repaired
			byKind[kind] = append(byKind[kind], f)
			x.take(r.from, r.to)
		}
	}
	for _, id := range identifiers {
		if list := byKind[id.kind]; len(list) > 0 {
			x.found = append(x.found, list[len(list)-1]) // who says it twice corrects it
		}
	}
}

// identify finds the kind whose form and check digit a run satisfies.
func identify(r run, letters bool) (Kind, reading, bool) {
	for _, id := range identifiers {
		lettered := id.kind == VIN || id.kind == CreditCode || id.kind == IDCard && letters
		if id.kind == Plate || letters != lettered {
			continue
		}
		if got, ok := id.resolve(r); ok && got.problem == "" {
			return id.kind, got, true
		}
	}
	return "", reading{}, false
}

// places finds the district and the address.
func (x *extraction) places() {
	g := x.c.Places
	x.ends = map[int]bool{}
	var list []mention
	for _, m := range g.mentions(x.s, x.c.Region, false) {
		if !x.taken[m.from] && !x.taken[m.to-1] {
			list = append(list, m)
			x.ends[m.to] = true
		}
	}
	x.district(list)
	sites := g.sites(x.s, list)
	var kept []site
	for i, t := range sites {
		x.take(t.from, t.to)
		if x.institution(t) && x.complainedOf(t) || x.offender(sites, i) {
			x.putOrg(t)
			continue
		}
		kept = append(kept, t)
	}
	if t, ok := x.s.chooseSite(kept); ok {
		f := x.s.found(Address, g.written(x.s, t), t.from, t.to, 0.9)
		f.Repaired = t.last().form >= formConfusion
		if f.Repaired {
			f.Confidence = 0.7
		}
		for _, n := range t.last().names {
			f.Places = append(f.Places, g.candidate(n.place))
		}
		x.found = append(x.found, f)
		return
	}
	if x.c.Act == "followup" || x.c.Act == "" {
		x.buildingOnly()
	}
}

// district keeps the last district that is not excluded: 东湖区 哦不 不是东湖区 是南浦区.
func (x *extraction) district(list []mention) {
	var found []Found
	for i, m := range list {
		if m.level() != 1 || x.s.denied(m, list, i) {
			continue
		}
		f := x.s.found(District, m.place().Name, m.from, m.to, 0.95)
		f.Repaired = m.form >= formConfusion
		found = append(found, f)
		x.take(m.from, m.to)
	}
	if len(found) > 0 {
		x.found = append(x.found, found[len(found)-1])
	}
}

// buildingOnly takes a building without an estate, as it is added to an earlier request.
func (x *extraction) buildingOnly() {
	if !x.s.contains("楼号", "门牌", "地址", "补上", "补充") {
		return
	}
	for i := 0; i < x.s.len(); i++ {
		if x.taken[i] {
			continue
		}
		if j := x.s.buildingAt(i); j > i {
			x.found = append(x.found, x.s.found(Address, x.s.building(i, j), i, j, 0.6))
			x.take(i, j)
			return
		}
	}
}

// institution reports whether a place is also somebody who can be complained of.
func (x *extraction) institution(t site) bool {
	name := t.last().place().Name
	for _, head := range []string{"幼儿园", "小学", "中学", "养老院", "敬老院", "办事处", "街道办", "派出所", "政府", "卫生院", "司法所"} {
		if t.tail == head {
			return true
		}
	}
	if t.last().place().Type != "landmark" || t.tail != "" || t.last().unclear() {
		return false
	}
	for _, head := range []string{"医院", "保健院", "小学", "中学", "学校", "学院", "服务中心"} {
		if strings.HasSuffix(name, head) {
			return true
		}
	}
	return false
}

// complainedOf reports whether an institution is whom the narration is about, and not where it
// happened.
func (x *extraction) complainedOf(t site) bool {
	switch x.c.Act {
	case "emergency", "suggest", "ask":
		return x.c.Act == "ask" && x.s.hasAny(t.to, "专家", "挂号", "门诊", "急诊", "科", "医生") > 0
	}
	if x.s.endsWith(t.from, "在", "到", "去", "从", "住", "离", "往", "靠近") > 0 && x.s.hasAny(t.to, "看病", "住院", "做", "检查", "生", "上学", "读", "急诊", "挂号", "手术", "拔牙", "就诊") == 0 {
		return false
	}
	return x.s.hasAny(t.to, afterPlace...) == 0 && !x.s.contains("校门口", "学校门口", "医院门口", "门口接", "门前", "周边", "路口", "附近")
}

// offender reports whether a landmark that opens the narration is whom those who live elsewhere
// complain of: 化工园晚上放气，我们白滩村的人….
func (x *extraction) offender(sites []site, i int) bool {
	if i > 0 || len(sites) < 2 || sites[0].from > 0 || sites[0].last().place().Type != "landmark" || x.c.Act == "emergency" {
		return false
	}
	return x.s.endsWith(sites[1].from, "我们", "我家在", "我住", "住在", "咱们", "俺们") > 0
}

func (x *extraction) putOrg(t site) {
	f := x.s.found(Org, x.c.Places.written(x.s, t), t.from, t.to, 0.85)
	f.Places = []Candidate{x.c.Places.candidate(t.last().place())}
	x.found = append(x.found, f)
}

func (x *extraction) has(k Kind) bool {
	for _, f := range x.found {
		if f.Kind == k {
			return true
		}
	}
	return false
}

// organisations finds who is complained of, if no school or hospital was.
func (x *extraction) organisations() {
	if x.has(Org) || x.c.Act == "emergency" || x.c.Act == "suggest" {
		return
	}
	if list := x.s.calledNames(); len(list) > 0 {
		x.found = append(x.found, list[len(list)-1])
		return
	}
	for i := range x.s.r {
		if x.taken[i] {
			continue
		}
		list, n := x.c.Orgs.at(x.s, i)
		x.take(i, i+n) // 燃气公司 alone is a matter, not a name
		if n > 0 && list[0].kind == "enterprise" && !list[0].short {
			x.found = append(x.found, x.s.found(Org, list[0].name, i, i+n, 0.85))
			return
		}
	}
	for _, p := range x.times {
		x.ends[p.to] = true
	}
	list := x.s.ownNames(x.c.Places, x.ends, x.isTaken)
	if len(list) > 0 {
		x.found = append(x.found, list[0])
	}
}

// rest finds what has no spelling to check.
func (x *extraction) rest() {
	s := x.s
	free := func(list []Found, spans func(Found) [2]int) {
		var kept []Found
		var at [][2]int
		for _, f := range list {
			if sp := spans(f); !x.taken[sp[0]] {
				kept = append(kept, f)
				at = append(at, sp)
			}
		}
		x.put(kept, at)
		for _, sp := range at {
			x.take(sp[0], sp[1])
		}
	}
	free(s.routes(), s.compact)
	free(s.amounts(), s.compact)
	if narrates(x.c.Act) {
		free(s.when(x.times), s.compact)
	}
	free(s.people(x.isTaken), s.compact)
	if x.c.Act != "praise" && x.c.Act != "emergency" { // what a lost child wears is not lost
		free(s.items(), s.compact)
	}
	if x.c.Act == "emergency" {
		number, from, to := s.service()
		confidence := 0.9
		if number == "" {
			number, from, to, confidence = policeByDefault, 0, s.len(), 0.3
		}
		x.found = append(x.found, s.found(Service, number, from, to, confidence))
	}
}

// compact turns where a slot stands in the NFKC form back into positions in the sentence.
func (s sentence) compact(f Found) [2]int {
	from := sort.SearchInts(s.at, f.Start)
	to := sort.SearchInts(s.at, f.End)
	return [2]int{min(from, s.len()), min(to, s.len())}
}
