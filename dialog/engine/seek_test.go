package engine_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/flow"
	"github.com/hotline-cc/hotline/packs"
)

// special begins a conversation with the demo city whose house and flows are changed: file, old, new.
func special(t *testing.T, changes ...[3]string) *talk {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(packs.Files, packs.Default, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".yaml") {
			return err
		}
		data, err := packs.Files.ReadFile(name)
		files[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		name := packs.Default + "/" + c[0]
		text := string(files[name].Data)
		if strings.Count(text, c[1]) == 0 {
			t.Fatalf("%s has no %q", name, c[1])
		}
		files[name] = &fstest.MapFile{Data: []byte(strings.Replace(text, c[1], c[2], 1))}
	}
	set, problems := flow.Load(files, packs.Default)
	if set == nil {
		t.Fatal(problems)
	}
	p := *bench(t, packs.Default).pack
	p.Set = set
	e, err := p.Engine()
	if err != nil {
		t.Fatal(err)
	}
	c := &talk{engine: e, systems: p.Systems.LookUp, now: morning}
	c.feed(dialog.Started{Channel: hotline.ChannelPhone, From: "15400001234", At: c.now})
	return c
}

// handedOver is what the last turn asks for, with whether it asks for a person at all.
func (c *talk) handedOver() (h dialog.Handover, asked bool) {
	for _, a := range c.actions {
		if given, ok := a.(dialog.Handover); ok {
			return given, true
		}
	}
	return dialog.Handover{}, false
}

func TestAHandoverAsksForTheSkillsOfItsNodeOrOfTheMatter(t *testing.T) {
	house := [3]string{"house.yaml", "queue: general", `queue: general
skills:
  - {category: urban.lighting, skills: {lamps: 3}}
  - {category: urban, skills: [urban]}`}
	node := [3]string{"flows/order.yaml", "reason: filing_failed", "reason: filing_failed\n    skills: {orders: 2}\n    language: en"}
	for _, c := range []struct {
		name     string
		changes  [][3]string
		turns    []string
		down     bool // orders cannot be filed
		want     map[string]int
		language string
	}{
		{name: "nothing is laid down", turns: []string{lamp, "转人工"}},
		{name: "of the category", changes: [][3]string{house}, turns: []string{lamp, "转人工"}, want: map[string]int{"lamps": 3}},
		{name: "of a group above it", changes: [][3]string{house}, turns: []string{"小区门口天天有人占道摆摊，没人管", "转人工"}, want: map[string]int{"urban": 1}},
		{name: "of another matter", changes: [][3]string{house}, turns: []string{"我要投诉公交车三十六路司机甩站不停", "转人工"}},
		{name: "before there is a matter", changes: [][3]string{house}, turns: []string{"转人工"}},
		{name: "danger waits for nobody's skills", changes: [][3]string{house, node}, turns: []string{lamp, "着火了 快来人"}},
		{name: "of the node before those of the matter", changes: [][3]string{house, node}, down: true, turns: []string{lamp, "望岭大道二十六号 西岭区"}, want: map[string]int{"orders": 2}, language: "en"},
	} {
		t.Run(c.name, func(t *testing.T) {
			call := special(t, c.changes...)
			call.down = c.down
			for _, line := range c.turns {
				call.turn(line)
			}
			h, asked := call.handedOver()
			if !asked {
				t.Fatal(call.did())
			}
			if diff := cmp.Diff(c.want, h.Skills); diff != "" || h.Language != c.language {
				t.Errorf("category %q: %s, language %q, want %q", h.Category, diff, h.Language, c.language)
			}
		})
	}
}

func TestALanguageIsAskedForInAWishToBeServedInIt(t *testing.T) {
	for text, want := range map[string]string{
		"有会说闽南话的吗": "nan", "能不能找个会讲粤语的": "yue", "转一个会英语的客服": "en", "我听不懂，可以说广东话吗": "yue", "我只会说闽南语": "nan",
		"Do you speak English?": "en", "Can I talk to someone in English please": "en", "English please": "en", "有没有英语服务": "en", "粤语": "yue",
		"我不会说英语，给我转人工": "", "转人工": "", "你好": "",
	} {
		t.Run(text, func(t *testing.T) {
			c := call(t, packs.Default, hotline.ChannelChat)
			c.turn(text)
			h, asked := c.handedOver()
			if h.Language != want || asked != (want != "" || strings.Contains(text, "人工")) {
				t.Errorf("language %q, want %q\n%s", h.Language, want, strings.Join(c.did(), "\n"))
			}
		})
	}
	for _, text := range []string{"孩子的英语老师在外面办补习班收费", "地铁报站没有粤语听不懂", "我不会说英语", "我要投诉公交车报站只有英语没有中文"} {
		t.Run(text, func(t *testing.T) {
			c := call(t, packs.Default, hotline.ChannelPhone)
			c.turn(text)
			if h, asked := c.handedOver(); asked {
				t.Errorf("is taken for a wish for somebody who speaks %q", h.Language)
			}
		})
	}
}

func TestALanguageOnceAskedForIsKept(t *testing.T) {
	c := call(t, packs.Default, hotline.ChannelPhone)
	for _, line := range []string{"有会说粤语的吗", "算了不等人工了", lamp, "转人工"} {
		c.turn(line)
	}
	if h, asked := c.handedOver(); !asked || h.Language != "yue" {
		t.Errorf("language %q\n%s", h.Language, strings.Join(c.did(), "\n"))
	}
}
