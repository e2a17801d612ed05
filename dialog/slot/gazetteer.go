package slot

import (
	"bufio"
	"bytes"
	"io"
	"strings"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog/nlu"
)

// Place is one line of a gazetteer.
type Place struct {
	ID, Type, Name, Parent string
	Aliases                []string // other names of it
	Confusions             []string // what recognisers write for it; never shown to people
}

// Gazetteer holds the places of a city with their parents, found by characters and by sound.
// It does not change after it is read and may be shared.
type Gazetteer struct {
	places map[string]*Place
	names  map[string][]name // by written form
	sounds map[string][]name // by fuzzy syllables, of names of three characters and more
	// openings are the first two syllables of every key of sounds; few windows of a sentence pass.
	openings map[string]bool
	pairs    map[*Place]map[string]bool // of syllables, of the name
	longest  int                        // runes of the longest written form
	city     []string                   // names of the city, which people leave out
}

// name is one way to write or say a place.
type name struct {
	place *Place
	form  form
}

// form says how far a written form is from the name.
type form int

const (
	formName      form = iota // the name itself
	formAlias                 // an alias, or the name without its city
	formConfusion             // a known misrecognition
	formSound                 // sounds the same
)

// placeTypes are the types a gazetteer may hold; the number orders them from large to small.
var placeTypes = map[string]int{
	"city": 0, "district": 1, "county": 1, "street": 2, "community": 3, "village": 3, "road": 4, "estate": 5, "landmark": 5,
}

// Limits of a gazetteer.
const (
	maxFileBytes = 16 << 20
	maxNameRunes = 24
)

const gazetteerHeader = "id\ttype\tname\tparent_id\taliases\tasr_confusions"

// readAll reads a file of data within its bound.
func readAll(op, file string, r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFileBytes+1))
	if err != nil {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "%s: %w", file, err)
	}
	if len(data) > maxFileBytes {
		return nil, hotline.Errorf(op, hotline.CodeTooLarge, "%s: 文件超过 %d MB，请拆分 (file too large)", file, maxFileBytes>>20)
	}
	return data, nil
}

// ReadGazetteer reads tab-separated lines under the header id, type, name, parent_id, aliases,
// asr_confusions; the last two hold several values divided by "|". Parents may follow their
// children. Errors have CodeInvalid and begin with file and line.
func ReadGazetteer(file string, r io.Reader) (*Gazetteer, error) {
	const op = "read gazetteer"
	data, err := readAll(op, file, r)
	if err != nil {
		return nil, err
	}
	g := &Gazetteer{places: map[string]*Place{}, names: map[string][]name{}, sounds: map[string][]name{}, openings: map[string]bool{}, pairs: map[*Place]map[string]bool{}}
	var order []*Place
	lines := map[string]int{}
	scanner := bufio.NewScanner(bytes.NewReader(bytes.TrimPrefix(data, []byte("\uFEFF"))))
	for n := 1; scanner.Scan(); n++ {
		text := strings.TrimRight(scanner.Text(), "\r")
		switch {
		case n == 1 && text != gazetteerHeader:
			return nil, hotline.Errorf(op, hotline.CodeInvalid, "%s:1: 首行应为 id type name parent_id aliases asr_confusions，以制表符分隔 (bad header)", file)
		case n == 1 || strings.TrimSpace(text) == "":
			continue
		}
		p, reason := parsePlace(text)
		if reason == "" && g.places[p.ID] != nil {
			reason = "编号 " + p.ID + " 与第 " + itoa(lines[p.ID]) + " 行重复，请改一个 (duplicate id)"
		}
		if reason != "" {
			return nil, hotline.Errorf(op, hotline.CodeInvalid, "%s:%d: %s", file, n, reason)
		}
		g.places[p.ID], lines[p.ID] = p, n
		order = append(order, p)
	}
	if err := scanner.Err(); err != nil {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "%s: 行过长或无法读取 (unreadable line): %w", file, err)
	}
	for _, p := range order {
		if reason := g.checkParent(p); reason != "" {
			return nil, hotline.Errorf(op, hotline.CodeInvalid, "%s:%d: %s", file, lines[p.ID], reason)
		}
	}
	for _, p := range order {
		if p.Type == "city" {
			g.city = append(append(g.city, p.Name), p.Aliases...)
		}
	}
	for _, p := range order {
		g.index(p)
	}
	return g, nil
}

func parsePlace(text string) (*Place, string) {
	f := strings.Split(text, "\t")
	if len(f) < 4 || len(f) > 6 {
		return nil, "应有 6 列，实有 " + itoa(len(f)) + " 列，请检查制表符 (want 6 columns)"
	}
	for len(f) < 6 {
		f = append(f, "")
	}
	p := &Place{ID: f[0], Type: f[1], Name: f[2], Parent: f[3], Aliases: split(f[4]), Confusions: split(f[5])}
	if p.ID == "" || p.Name == "" {
		return nil, "编号和名称不能为空 (empty id or name)"
	}
	if _, ok := placeTypes[p.Type]; !ok {
		return nil, "未知类型 " + p.Type + "，可用 city district county street community village road estate landmark (unknown type)"
	}
	for _, n := range append(append([]string{p.Name}, p.Aliases...), p.Confusions...) {
		if c := nlu.Clean(n); c == "" || runeLen(c) > maxNameRunes {
			return nil, "名称 " + n + " 应为 1 到 24 个字 (name length)"
		}
	}
	return p, ""
}

// checkParent refuses parents that are missing, smaller than the child, or in a circle.
func (g *Gazetteer) checkParent(p *Place) string {
	if p.Parent == "" {
		return ""
	}
	parent, ok := g.places[p.Parent]
	if !ok {
		return "上级 " + p.Parent + " 不存在，请先添加或改正 (unknown parent)"
	}
	if placeTypes[parent.Type] >= placeTypes[p.Type] {
		return "上级 " + parent.Name + " 不比 " + p.Name + " 大，请改正 (parent is not larger)"
	}
	return ""
}

func split(list string) []string {
	var out []string
	for _, v := range strings.Split(list, "|") {
		if v = strings.TrimSpace(v); v != "" {
			out = append(out, v)
		}
	}
	return out
}

// index files a place under its names, under them without the city, and under their sounds.
func (g *Gazetteer) index(p *Place) {
	g.pairs[p] = soundPairs([]rune(nlu.Clean(p.Name)))
	g.add(p, p.Name, formName)
	for _, a := range p.Aliases {
		if d := g.District(p); d != nil && strings.HasPrefix(a, p.Name) && strings.Contains(d.Name, a[len(p.Name):]) {
			continue // 幸福小区西岭: the district is read as such
		}
		g.add(p, a, formAlias)
	}
	for _, city := range g.city {
		if rest, ok := strings.CutPrefix(p.Name, city); ok && p.Type == "landmark" && runeLen(rest) >= 3 {
			g.add(p, rest, formAlias)
		}
	}
	for _, c := range p.Confusions {
		g.add(p, c, formConfusion)
	}
}

func (g *Gazetteer) add(p *Place, written string, f form) {
	key := string(read(written).r)
	for _, have := range g.names[key] {
		if have.place == p {
			return
		}
	}
	g.names[key] = append(g.names[key], name{p, f})
	n := runeLen(key)
	g.longest = max(g.longest, n)
	if f == formConfusion || n < 3 {
		return
	}
	syllables := soundsOf([]rune(key))
	sound := strings.Join(syllables, " ")
	g.openings[syllables[0]+" "+syllables[1]] = true
	for _, have := range g.sounds[sound] {
		if have.place == p {
			return
		}
	}
	g.sounds[sound] = append(g.sounds[sound], name{p, formSound})
}

// District returns the district or county a place lies in or is, nil if it spans the city.
func (g *Gazetteer) District(p *Place) *Place {
	for range len(placeTypes) {
		if p == nil || placeTypes[p.Type] == 1 {
			return p
		}
		p = g.places[p.Parent]
	}
	return nil
}

// within reports whether a place lies in another or is it.
func (g *Gazetteer) within(p, area *Place) bool {
	for range len(placeTypes) {
		if p == nil || p == area {
			return p != nil
		}
		p = g.places[p.Parent]
	}
	return false
}

// candidate describes a place so that it can be told from its namesakes.
func (g *Gazetteer) candidate(p *Place) Candidate {
	c := Candidate{Value: p.Name, Label: p.Name, ID: p.ID}
	if d := g.District(p); d != nil && d != p {
		c.District = d.Name
		c.Label = d.Name + p.Name
	}
	return c
}
