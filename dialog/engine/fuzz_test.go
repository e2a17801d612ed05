package engine_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog"
)

// FuzzStep feeds a state as it is stored and a conversation, one event a line: "!0" is a key, "-" a
// silence, "?" speech without words, "=e1 {}" a result, "x" nobody at the queue, anything else a
// turn. Whatever it is, every step holds what it must.
func FuzzStep(f *testing.F) {
	f.Add("", "我要投诉路灯不亮\n望岭大道二十六号 西岭区\n对\n=e1 {\"number\":\"261124000017\"}\n就用这个电话\n谢谢", true)
	f.Add(`{"stack":[{"flow":"gone","node":"x"}],"focus":{"kind":"slot","slot":"phone","partial":"154"}}`, "!1\n-\n?\n不对 是六号楼", false)
	f.Add(`{"focus":{"kind":"confirm","items":["address"]},"facts":{"address":{"value":"幸福小区","confidence":0.9}}}`, "不是\n-\n-\n-\nx", true)
	f.Add(`{"safety":"fire","handed":{"queue":"q"}}`, "我怕\nx\n转人工", false)
	f.Add(`{"stack":[{"flow":"main","node":"more"}],"focus":{"kind":"errand","errand":"e1"},"pending":"路灯坏了","filed":true}`, "=e1 {\"a\":[1]}\n嗯\n着火了", false)
	b := bench(f, "yunzhou")
	f.Fuzz(func(t *testing.T, stored, conversation string, voice bool) {
		var s dialog.State
		if len(stored) > 4000 || len(conversation) > 2000 || stored != "" && json.Unmarshal([]byte(stored), &s) != nil {
			t.Skip()
		}
		if _, err := json.Marshal(s); err != nil {
			t.Skip() // a year that JSON cannot write
		}
		if stored == "" {
			start := dialog.Started{Channel: hotline.ChannelChat, At: morning}
			if voice {
				start.Channel, start.From = hotline.ChannelPhone, "15400001234"
			}
			s, _ = holds(t, b.engine, s, start)
		}
		lines := strings.Split(conversation, "\n")
		for i, line := range lines[:min(len(lines), 20)] {
			s, _ = holds(t, b.engine, s, lineEvent(line, morning.Add(time.Duration(i)*5*time.Second)))
		}
	})
}

func lineEvent(line string, at time.Time) dialog.Event {
	switch {
	case line == "-":
		return dialog.Silence{}
	case line == "?":
		return dialog.Unheard{Failed: at.Second() == 0}
	case line == "x":
		return dialog.Unattended{}
	case strings.HasPrefix(line, "!"):
		return dialog.Key{Key: line[1:]}
	case strings.HasPrefix(line, "="):
		id, body, _ := strings.Cut(line[1:], " ")
		var result map[string]any
		_ = json.Unmarshal([]byte(body), &result) // what is no object is no result
		return dialog.Done{ID: id, Result: result}
	}
	return dialog.Heard{Text: line, Confidence: 1, At: at}
}
