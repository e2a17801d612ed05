package slot

import (
	"slices"
	"strings"
)

// mention is a place that was named.
type mention struct {
	from, to int
	names    []name // what it may be, best first; all of one rank
	form     form
}

func (m mention) place() *Place { return m.names[0].place }

func (m mention) level() int { return placeTypes[m.place().Type] }

// mentions finds the places that are named, the longest name first at each position. Among places
// of one written form those inside a district that is also named come first. In the answer to a question for a place,
// asked, short names need nothing around them to be believed.
func (g *Gazetteer) mentions(s sentence, region string, asked bool) []mention {
	if g == nil {
		return nil
	}
	var list []mention
	s.sounds = soundsOf(s.r)
	for i := 0; i < s.len(); {
		m, ok := g.mentionAt(s, i, list, asked)
		if !ok {
			i++
			continue
		}
		list = append(list, m)
		i = m.to
	}
	var areas []*Place
	for _, m := range list {
		if m.level() == 1 || m.level() == 2 {
			areas = append(areas, m.place())
		}
	}
	for _, p := range g.places {
		if region != "" && p.Name == region && placeTypes[p.Type] == 1 {
			areas = append(areas, p)
		}
	}
	for i := range list {
		list[i].names = g.rank(list[i].names, areas)
		list[i].form = list[i].names[0].form
	}
	return list
}

func (g *Gazetteer) mentionAt(s sentence, i int, before []mention, asked bool) (mention, bool) {
	for n := min(g.longest, s.len()-i); n >= 2; n-- {
		window := s.r[i : i+n]
		if broken := s.broken(i, i+n); broken && n < 4 {
			continue
		}
		if names := g.names[s.text(i, i+n)]; len(names) > 0 {
			m := mention{from: i, to: i + n, names: g.rank(names, nil)}
			m.form = m.names[0].form
			if m.form != formName && g.cutsName(s, m) {
				continue
			}
			if n > 2 && !numerals(window) || asked && m.level() > 0 || g.stands(s, m, before) {
				return m, true
			}
		}
		if n >= 3 && n <= 8 && !s.broken(i, i+n) && !numerals(window) {
			if names := g.soundAt(window, s.sounds[i:i+n]); len(names) > 0 {
				return mention{from: i, to: i + n, names: g.rank(names, nil), form: formSound}, true
			}
		}
	}
	return mention{}, false
}

// cutsName reports whether an alias takes the beginning of a full name that follows a shorter place:
// 青石县城 in 青石县城关大街.
func (g *Gazetteer) cutsName(s sentence, m mention) bool {
	for j := m.from + 2; j < m.to; j++ {
		if len(g.names[s.text(m.from, j)]) == 0 {
			continue
		}
		for k := m.to + 1; k <= min(j+g.longest, s.len()); k++ {
			for _, n := range g.names[s.text(j, k)] {
				if n.form == formName {
					return true
				}
			}
		}
	}
	return false
}

// verbs are what people begin with and what sounds like the beginning of a name: 反映小区的垃圾 is not
// about 帆影小区.
var verbs = []string{"反映", "反应", "想问", "请问", "投诉", "举报", "建议", "希望"}

// soundAt finds names that sound like the window. Three syllables are little, so their last
// character, which tells a road from a village, must be the right one.
func (g *Gazetteer) soundAt(window []rune, sounds []string) []name {
	if !g.openings[sounds[0]+" "+sounds[1]] || slices.Contains(verbs, string(window[:2])) {
		return nil
	}
	var fit []name
	for _, n := range g.sounds[strings.Join(sounds, " ")] {
		last := []rune(n.place.Name)
		if len(window) > 3 || last[len(last)-1] == window[len(window)-1] {
			fit = append(fit, n)
		}
	}
	return fit
}

// begins reports whether the name of a place begins at i and ends before j.
func (g *Gazetteer) begins(s sentence, i, j int) bool {
	for k := i + 2; g != nil && k <= j; k++ {
		if len(g.names[s.text(i, k)]) > 0 {
			return true
		}
	}
	return false
}

// placeAt reports whether the name of a place begins at i.
func (g *Gazetteer) placeAt(s sentence, i int) bool {
	return i < s.len() && !s.gap[i] && g.begins(s, i, min(i+g.longest, s.len()))
}

func (s sentence) broken(from, to int) bool {
	for i := from + 1; i < to; i++ {
		if s.gap[i] {
			return true
		}
	}
	return false
}

// numerals reports whether a window may as well be an amount: 一元 sounds like 一院.
func numerals(window []rune) bool {
	for _, c := range window {
		_, digit := digitOf(c)
		if !digit && unitOf(c) == 0 && c != '元' && c != '块' {
			return false
		}
	}
	return true
}

var (
	beforePlace = []string{"在", "住", "我们", "咱们", "俺们", "咱", "到", "去", "是", "就", "从", "给", "表扬", "建议", "那个", "掉", "掉进", "落", "跳", "跳进", "淹"}
	afterPlace  = []string{"那边", "这边", "那块", "这块", "那一片", "这一片", "那片", "这片", "那头", "这头", "附近", "旁边", "一带", "边上", "对面", "门口", "路口", "周边", "那里", "这里", "那儿", "这儿"}
	afterShort  = []string{"的", "那个", "有", "这个"}
)

// stands reports whether a name of two characters, which may be part of any other word, is meant as
// a place: something around it says so.
func (g *Gazetteer) stands(s sentence, m mention, before []mention) bool {
	if numerals(s.r[m.from:m.to]) {
		return false
	}
	p := m.place()
	if p.Type == "landmark" && m.form == formAlias && strings.ContainsAny(p.Name, "院学") && !strings.HasSuffix(p.Name, "学院") {
		return true // 一院, 三中: nothing else is called so
	}
	water := p.Type == "landmark" && strings.ContainsAny(p.Name, "江河湖库") && s.hasAny(m.to, "里", "中间", "边", "上") > 0
	right := water || s.hasAny(m.to, afterPlace...) > 0 || s.buildingAt(m.to) > m.to
	end := s.gap[m.to]
	left := s.gap[m.from] || s.endsWith(m.from, beforePlace...) > 0
	if len(before) > 0 && before[len(before)-1].to == m.from && (before[len(before)-1].level() < m.level() || m.level() == 1) {
		left, right = true, true
	}
	if m.level() == 1 && m.form == formAlias && s.gap[m.from] && g.placeAt(s, m.to) {
		return true // 北原墨香苑
	}
	switch {
	case right && m.form != formConfusion:
		return true
	case left && (end || right), left && m.level() == 1 && m.form == formAlias && s.hasAny(m.to, "的", "那个") > 0:
		return true
	case m.form == formConfusion || m.level() == 1 && p.Type != "county":
		return false
	}
	return left && p.Type == "landmark" && s.hasAny(m.to, afterShort...) > 0
}

// rank keeps the names that fit best: inside an area that was named, then by how exact the written
// form is, then the larger place, for 柳桥 alone means the street and not the bus stop.
func (g *Gazetteer) rank(names []name, areas []*Place) []name {
	best := 99
	var kept []name
	for _, n := range names {
		score := int(n.form) * 4
		if n.form == formAlias || n.form == formConfusion {
			score += min(placeTypes[n.place.Type], 3)
			if n.place.Type == "road" {
				score--
			}
		}
		for _, a := range areas {
			if a != n.place && g.within(n.place, a) {
				score -= 20
				break
			}
		}
		if score < best {
			best, kept = score, nil
		}
		if score == best {
			kept = append(kept, n)
		}
	}
	return kept
}
