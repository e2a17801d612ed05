package dialog

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/packs"
)

func testPack(t testing.TB) *Pack {
	t.Helper()
	p, err := ParsePack(bytes.NewReader(packs.FAQ))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// outline writes actions in one line each, so that a wanted conversation can be read.
func outline(actions []Action) []string {
	var out []string
	for _, a := range actions {
		switch a := a.(type) {
		case Say:
			out = append(out, "say "+a.Prompt.ID)
		case Listen:
			out = append(out, "listen")
		case Handover:
			out = append(out, "handover "+a.Queue)
		case Hangup:
			out = append(out, "hangup "+a.Reason)
		}
	}
	return out
}

func TestConversations(t *testing.T) {
	heard := func(text string) Event { return Heard{Text: text, Confidence: 0.9} }
	tests := []struct {
		name   string
		events []Event
		want   []string // outline of the last event's actions
	}{
		{"greets with one open question", nil, []string{"say greeting", "listen"}},
		{"answers a question in other words", []Event{heard("我的社保卡不见了要怎么补办啊")}, []string{"say answer.kb.sc.lost", "say anything_else", "listen"}},
		{"answers through homophones", []Event{heard("今年什么时后开始工暖")}, []string{"say answer.kb.heat.time", "say anything_else", "listen"}},
		{"answers a single recorded word", []Event{heard("预约")}, []string{"say answer.kb.hall.queue", "say anything_else", "listen"}},
		{"hands over on request", []Event{heard("转人工")}, []string{"say handover", "handover general", "hangup handed over"}},
		{"hands over through a homophone", []Event{heard("人公")}, []string{"say handover", "handover general", "hangup handed over"}},
		{"hands over on key 0", []Event{Key{"0"}}, []string{"say handover", "handover general", "hangup handed over"}},
		{"does not hand over for artificial intelligence", []Event{heard("人工智能是什么")}, []string{"say no_match.1", "listen"}},
		{"repeats the last answer", []Event{heard("水费怎么收"), heard("没听清")}, []string{"say answer.kb.water.price", "say anything_else", "listen"}},
		{"repeats slower", []Event{heard("水费怎么收"), heard("说慢一点")}, []string{"say slower", "say answer.kb.water.price", "say anything_else", "listen"}},
		{"says goodbye when nothing else is wanted", []Event{heard("水费怎么收"), heard("没有了谢谢")}, []string{"say goodbye", "hangup goodbye"}},
		{"asks again, then differently, then hands over", []Event{heard("今天吃什么好"), heard("唱首歌"), heard("讲个笑话")}, []string{"say handover", "handover general", "hangup handed over"}},
		{"climbs the ladder of silence", []Event{Silence{}, Silence{}}, []string{"say no_input.2", "listen"}},
		{"ends the call after the last silence", []Event{Silence{}, Silence{}, Silence{}}, []string{"say no_input.last", "hangup silence"}},
		{"speech resets the ladder of silence", []Event{Silence{}, Silence{}, heard("水费怎么收"), Silence{}}, []string{"say no_input.1", "listen"}},
		{"says that the recogniser is down", []Event{Unheard{Failed: true}}, []string{"say fault", "listen"}},
		{"asks to repeat what was only noise", []Event{Unheard{}}, []string{"say unheard", "listen"}},
		{"explains a key without meaning", []Event{Key{"7"}}, []string{"say key", "listen"}},
		{"says nothing after goodbye", []Event{heard("再见"), heard("水费怎么收")}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			engine := NewFAQ(testPack(t))
			s, actions := engine.Step(State{}, Started{Channel: hotline.ChannelPhone})
			for _, e := range tt.events {
				s, actions = engine.Step(s, e)
			}
			if diff := cmp.Diff(tt.want, outline(actions)); diff != "" {
				t.Errorf("actions (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryEntryIsFoundByItsOwnWordings(t *testing.T) {
	p := testPack(t)
	engine := NewFAQ(p)
	for _, e := range p.Entries {
		for _, wording := range append([]string{e.Question}, e.Similar...) {
			start, _ := engine.Step(State{}, Started{})
			_, actions := engine.Step(start, Heard{Text: wording, Confidence: 1})
			if got := outline(actions); len(got) == 0 || got[0] != "say answer."+e.ID {
				t.Errorf("%q: got %v, want the answer of %s", wording, got, e.ID)
			}
		}
	}
}

func TestPatience(t *testing.T) {
	engine := NewFAQ(testPack(t))
	tests := []struct {
		text string
		want Patience
	}{
		{"社保卡丢了怎么补办", PatienceShort},
		{"人工", PatienceShort},
		{"你们那里可以停车吗", PatienceShort},
		{"我想问一下", PatienceLong},
		{"我家那个", PatienceLong},
		{"昨天下午我去了一趟", PatienceNormal},
	}
	for _, tt := range tests {
		if got := engine.Patience(State{}, tt.text); got != tt.want {
			t.Errorf("Patience(%q) = %d, want %d", tt.text, got, tt.want)
		}
	}
}

// A person is reached in one turn from wherever a conversation has got to, the state survives JSON,
// every sequence of events ends or waits, and the same events give the same actions.
func TestAnySequenceOfEvents(t *testing.T) {
	engine := NewFAQ(testPack(t))
	texts := []string{"水费怎么收", "啊", "是", "不是", "第二个", "人工智能", "说慢点", "什么", "等一下", "随便说点什么", "", "🙂", strings.Repeat("嗯", 500)}
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		s, _ := engine.Step(State{}, Started{Channel: hotline.ChannelPhone})
		for range 20 {
			var e Event
			switch r.IntN(5) {
			case 0:
				e = Key{string("123456789*#"[r.IntN(11)])}
			case 1:
				e = Silence{}
			case 2:
				e = Unheard{Failed: r.IntN(2) == 0}
			default:
				e = Heard{Text: texts[r.IntN(len(texts))], Confidence: r.Float64()}
			}
			if !s.Ended {
				for _, ask := range []Event{Heard{Text: "人工", Confidence: 0.5}, Key{"0"}} {
					if _, actions := engine.Step(s, ask); !cmp.Equal(outline(actions), []string{"say handover", "handover general", "hangup handed over"}) {
						t.Fatalf("seed %d: %#v in %+v does not reach a person: %v", seed, ask, s, outline(actions))
					}
				}
			}
			encoded, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			var decoded State
			if err := json.Unmarshal(encoded, &decoded); err != nil {
				t.Fatal(err)
			}
			next, actions := engine.Step(s, e)
			again, sameActions := engine.Step(decoded, e)
			if diff := cmp.Diff(next, again); diff != "" {
				t.Fatalf("seed %d: state after JSON (-direct +decoded):\n%s", seed, diff)
			}
			if diff := cmp.Diff(actions, sameActions); diff != "" {
				t.Fatalf("seed %d: actions after JSON:\n%s", seed, diff)
			}
			if len(actions) > 0 && !next.Ended {
				if _, ok := actions[len(actions)-1].(Listen); !ok {
					t.Fatalf("seed %d: %#v leaves nobody listening: %v", seed, e, outline(actions))
				}
			}
			s = next
		}
	}
}

func TestParsePackRefuses(t *testing.T) {
	good := string(packs.FAQ)
	tests := []struct {
		name, yaml, want string
	}{
		{"an unknown key", strings.Replace(good, "queue:", "queues:", 1), "line 5"},
		{"a missing prompt", strings.Replace(good, "  goodbye: 感谢您的来电，再见。\n", "", 1), "prompts.goodbye"},
		{"an id used twice", strings.Replace(good, "id: kb.id.lost", "id: kb.sc.lost", 1), "used twice"},
		{"another version", strings.Replace(good, "version: 1", "version: 2", 1), "version"},
		{"no text at all", "", "EOF"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.yaml == good {
				t.Fatal("the test does not change the pack")
			}
			_, err := ParsePack(strings.NewReader(tt.yaml))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one that names %q", err, tt.want)
			}
		})
	}
}

func FuzzParsePack(f *testing.F) {
	f.Add(packs.FAQ)
	f.Add([]byte("version: 1\nentries: [{id: a}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParsePack(bytes.NewReader(data))
		if err != nil {
			return
		}
		engine := NewFAQ(p)
		if _, actions := engine.Step(State{}, Started{}); len(actions) != 2 {
			t.Errorf("an accepted pack does not greet and listen: %v", outline(actions))
		}
	})
}
