package slot

import "strings"

// site is one place as it was described: the named places that belong together and what follows
// them, the building or a point near by.
type site struct {
	parts    []mention
	tail     string
	from, to int
	numbered bool // tail begins with a building or house number
	vague    bool // 那头 or 旁边的 follows
}

func (t site) last() mention { return t.parts[len(t.parts)-1] }

// Things that are found by the road or estate they belong to.
var points = []string{
	"十字路口", "丁字路口", "交叉路口", "交叉口", "路口", "工地", "加油站", "加气站", "充电站", "邮局", "闸口", "菜市场", "停车场", "北门", "南门", "东门", "西门",
	"正门", "后门", "卫生服务站", "卫生站", "卫生室", "地铁站", "公交站台", "公交站", "站台", "幼儿园", "小学", "中学", "天桥", "隧道", "收费站",
	"派出所", "银行", "桥头", "大桥", "服务区", "养老院", "敬老院", "办事处", "政府", "卫生院", "司法所", "安置房", "菜场", "车库", "村委会", "居委会", "活动中心",
}

// sites groups the places of a sentence. Districts are left out: they are a slot of their own.
func (g *Gazetteer) sites(s sentence, found []mention) []site {
	var list []site
	for i, m := range found {
		if m.level() <= 1 || s.passing(m) || s.ride(found, i) || s.denied(m, found, i) {
			continue
		}
		tail, to, numbered := s.tail(m)
		t := site{parts: []mention{m}, tail: tail, from: m.from, to: to, numbered: numbered}
		t.vague = s.hasAny(to, "那边", "那头", "那块", "那片", "那一片", "那一带", "旁边的", "附近的", "对面的", "后面的") > 0
		if len(list) > 0 && g.joins(s, list[len(list)-1], t) {
			list[len(list)-1] = g.join(list[len(list)-1], t)
			continue
		}
		list = append(list, t)
	}
	return list
}

// passing reports whether a place is only where something leads to: 往坡头方向, 到一院的公交.
func (s sentence) passing(m mention) bool {
	if s.has(m.to, "方向") {
		return true
	}
	return s.endsWith(m.from, "到", "去", "直达") > 0 && s.hasAny(m.to, "的公交", "的车", "的班车", "的线路", "的路") > 0
}

// ride reports whether a place is one end of a way: 从高铁站到云泰广场.
func (s sentence) ride(all []mention, i int) bool {
	from := func(a, b mention) bool {
		return s.endsWith(a.from, "从", "由") > 0 && s.text(a.to, b.from) == "到"
	}
	return i > 0 && from(all[i-1], all[i]) || i+1 < len(all) && from(all[i], all[i+1])
}

// denied reports whether a place is named only to be excluded: 不是东湖区是南浦区, 是南浦区不是东湖区.
func (s sentence) denied(m mention, all []mention, i int) bool {
	if s.endsWith(m.from, "不是", "不在", "并非") == 0 {
		return false
	}
	if i+1 < len(all) && s.endsWith(all[i+1].from, "是", "在") > 0 && s.endsWith(all[i+1].from, "不是", "不在") == 0 {
		return true
	}
	if i == 0 {
		return false
	}
	before := all[i-1]
	if s.gap[m.from] && s.gap[m.from-2] {
		return false // a pause on both sides: 在文汇路 不是 文慧路 corrects
	}
	return s.endsWith(before.from, "是", "在") > 0 && s.endsWith(before.from, "不是", "不在") == 0 && before.to+2 >= m.from
}

// joins reports whether two sites belong to one description.
func (g *Gazetteer) joins(s sentence, a, b site) bool {
	between := string(s.r[min(a.to, b.from):b.from])
	switch between {
	case "", "的", "和", "跟", "与", "那边", "那边的", "那个", "那边那个", "里", "里面", "这边":
	default:
		return false
	}
	if a.last().place() == b.last().place() {
		return true
	}
	return a.tail == "" || b.tail == ""
}

// join puts two sites together: a street before its village stays, two roads meet at a corner,
// otherwise the more exact one remains.
func (g *Gazetteer) join(a, b site) site {
	first, second := a.last(), b.last()
	b.from, a.to = a.from, max(a.to, b.to)
	switch {
	case first.place() == second.place():
		if b.tail == "" {
			b.tail, b.numbered = a.tail, a.numbered
		}
		b.parts = a.parts
		return b
	case first.level() == 4 && second.level() == 4 && strings.HasSuffix(b.tail, "口"),
		first.level() == 2 && second.level() == 3 && g.within(second.place(), first.place()):
		b.parts = append(append([]mention{}, a.parts...), b.parts...)
		return b
	case a.weight() > b.weight() && (!b.vague || a.tail != ""), g.within(first.place(), second.place()):
		return a
	}
	return b
}

// tail reads what follows a place: numbers of buildings, then one point.
func (s sentence) tail(m mention) (text string, to int, numbered bool) {
	i := m.to
	filler := s.gap[i] && s.has(i, "那个") // 云谷一路 那个 工地 那个 …
	if n := s.hasAny(i, "的", "那边的那个", "那边那个", "那个", "那边的", "旁边的"); n > 0 && !filler && (s.buildingAt(i+n) > i+n || m.form != formSound && s.hasAny(i+n, points...) > 0) {
		i += n
	}
	var b strings.Builder
	to = m.to
	if j := s.buildingAt(i); j > i && s.hasAny(j, "线", "窗口") == 0 {
		b.WriteString(s.building(i, j))
		i, to, numbered = j, j, true
	}
	for range 2 { // 安置房工地
		n := s.hasAny(i, points...)
		if n == 0 || s.gap[i] && m.level() != 4 {
			break
		}
		b.WriteString(s.text(i, i+n))
		i += n
		to = i
	}
	return b.String(), to, numbered
}

var buildingUnits = []string{"号楼", "栋", "幢", "座", "单元", "楼", "层", "室", "号院", "号", "期", "区", "弄", "组", "门"}

// buildingAt returns where a building or house number that begins at i ends, i if there is none:
// 七栋, 2号楼3单元, 十五号, 六号楼三零二, B1.
func (s sentence) buildingAt(i int) int {
	end := i
	for j := i; j < s.len(); {
		k := j
		for k < s.len() && s.r[k] >= 'A' && s.r[k] <= 'Z' && k-j < 2 {
			k++
		}
		letters := k > j
		text, n := s.countText(k)
		unit := s.hasAny(n, buildingUnits...)
		switch {
		case text != "" && len(text) <= 4 && unit > 0 && !s.broken(j, n+unit) && s.hasAny(n, "号线", "楼道", "区里", "层楼") == 0,
			letters && text == "" && s.hasAny(n, "栋", "座", "区") > 0:
			j = n + unit
		case letters && text != "" && len(text) <= 3 && (end > i || s.gap[n] || s.hasAny(n, "的", "停") > 0):
			j = n
		case !letters && end > i && len(text) >= 3 && len(text) <= 4 && s.hasAny(n, "块", "元", "个", "天", "路", "年", "人", "平") == 0:
			j = n
		default:
			return end
		}
		end = j
	}
	return end
}

// building writes the numbers from i to j in Arabic digits.
func (s sentence) building(i, j int) string {
	var b strings.Builder
	for i < j {
		if text, n := s.countText(i); text != "" && n <= j {
			b.WriteString(text)
			i = n
			continue
		}
		b.WriteRune(s.r[i])
		i++
	}
	return b.String()
}

// written puts a site in the names of the gazetteer. A name that several places of different names
// share stays as it was said.
func (g *Gazetteer) written(s sentence, t site) string {
	var b strings.Builder
	for _, m := range t.parts {
		if m.unclear() {
			b.WriteString(s.text(m.from, m.to))
			continue
		}
		b.WriteString(m.place().Name)
	}
	return b.String() + t.tail
}

func (m mention) unclear() bool {
	for _, n := range m.names {
		if n.place.Name != m.place().Name {
			return true
		}
	}
	return false
}

// weight orders sites: an exact place before a whole street, a number before none, what only tells
// where the place lies (芹花里那头, 芯谷寓旁边的…) after it.
func (t site) weight() int {
	w := 2 * min(t.last().level(), 3)
	if t.numbered {
		w += 2
	}
	if t.vague {
		w -= 3
	}
	return w
}

// addresses returns the site that a narration is about, and whether there is one: the last one
// after a correction, else the most exact, else the last.
func (s sentence) chooseSite(list []site) (site, bool) {
	best, found := site{}, false
	for _, t := range list {
		if !found || t.weight() >= best.weight() || s.corrected(best.to, t.from) {
			best, found = t, true
		}
	}
	return best, found
}

// corrected reports whether a correction stands between i and j, close before j.
func (s sentence) corrected(i, j int) bool {
	for k := max(i, j-6); k < j; k++ {
		if n := s.hasAny(k, corrections...); n > 0 && k+n <= j {
			return true
		}
	}
	return false
}
