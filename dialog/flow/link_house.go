package flow

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/hotline-cc/hotline/dialog/slot"
)

// house checks the values of the house rules. Whether they are complete is for Check to say.
func (l *linker) house() {
	h := l.set.House
	if _, found := l.set.Flows[h.Start]; !found && !l.unread.flows {
		l.wrong("", "start", "没有起始流程“%.60s”%s (no such flow)", h.Start, meant(h.Start, slices.Sorted(maps.Keys(l.set.Flows))))
	}
	for i, id := range h.Starts {
		if _, found := l.set.Flows[id]; !found && !l.unread.flows {
			l.wrong("", "starts."+strconv.Itoa(i), "没有流程“%.60s”%s (no such flow)", id, meant(id, slices.Sorted(maps.Keys(l.set.Flows))))
		}
	}
	if h.Queue == "" {
		l.wrong("", "queue", "请用 queue 写明人工队列，任何时候都要能转人工 (queue missing)")
	} else {
		l.id("", "queue", h.Queue)
	}
	for _, language := range slices.Sorted(maps.Keys(h.Languages)) {
		if words := h.Languages[language]; len(words) == 0 || slices.Contains(words, "") {
			l.wrong("", "languages."+language, "要写明这种语言的叫法 (name missing)")
		}
	}
	for i, e := range h.Skills {
		at := "skills." + strconv.Itoa(i)
		if e.Category == "" || len(e.Skills) == 0 {
			l.wrong("", at, "要写明类别 category 和技能 skills (field missing)")
		}
		l.skills("", at+".skills", e.Skills)
	}
	for _, name := range slices.Sorted(maps.Keys(h.Slots)) {
		l.slot(name, h.Slots[name])
	}
	for i, rule := range h.Confirm {
		at := "confirm." + strconv.Itoa(i)
		l.oneOf("", at+".risk", string(rule.Risk), names(risks))
		l.oneOf("", at+".how", string(rule.How), names(confirms))
		for _, key := range []string{"risk", "how"} {
			if !l.given("", join(at, key)) {
				l.wrong("", at, "缺少“%s”（%s） (field missing)", key, titles[key])
			}
		}
		if rule.Below <= 0 {
			l.wrong("", at+".below", "below 要大于 0；大于 1 表示任何把握都适用 (out of range)")
		}
	}
	knownKeys(l, "phrases", h.Phrases, phraseNames())
	knownKeys(l, "ladders", h.Ladders, ladders)
	knownKeys(l, "safety", h.Safety, append(Emergencies(), SuicideOfOther))
	for _, kind := range slices.Sorted(maps.Keys(h.Safety)) {
		l.safety("safety."+kind, h.Safety[kind])
	}
	l.timing()
}

// knownKeys reports keys of a table that nobody looks for.
func knownKeys[V any](l *linker, path string, table map[string]V, allowed []string) {
	for _, key := range slices.Sorted(maps.Keys(table)) {
		l.oneOf("", join(path, key), key, allowed)
	}
}

func (l *linker) slot(name string, s Slot) {
	at := "slots." + name
	l.variable("", at, name)
	l.title("", at, s.Title)
	l.oneOf("", at+".kind", string(s.Kind), names(slotKinds))
	if !l.given("", at+".kind") {
		l.wrong("", at, "缺少“kind”（类型） (field missing)")
	}
	if s.Risk != "" {
		l.oneOf("", at+".risk", string(s.Risk), names(risks))
	}
	if s.Caller && s.Kind != slot.Phone && s.Kind != slot.Landline {
		l.wrong("", at+".caller", "只有电话号码（phone、landline）能用来电号码 (not a number)")
	}
	switch {
	case s.Kind == slot.Choice && (len(s.Options) < minOptions || len(s.Options) > maxOptions):
		l.wrong("", at, "choice 要有 %d 到 %d 个选项 options (number of options)", minOptions, maxOptions)
	case s.Kind != slot.Choice && len(s.Options) > 0:
		l.wrong("", at+".options", "只有 choice 有选项 (options of another kind)")
	}
	knownKeys(l, at+".reject", s.Reject, names(slotProblems))
}

func (l *linker) safety(at string, s Safety) {
	if s.Service != "" {
		l.oneOf("", at+".service", s.Service, joined)
	}
	if s.Queue != "" {
		l.id("", at+".queue", s.Queue)
	}
	if s.Reason == "" {
		l.wrong("", at, "缺少“reason”（转人工的原因） (field missing)")
	}
}

func (l *linker) timing() {
	t, e := l.set.House.Timing, l.set.House.Elder
	for _, limit := range []struct {
		path              string
		value, from, upTo time.Duration
	}{
		{"timing.no_input", t.NoInput, 2 * time.Second, 30 * time.Second},
		{"timing.wait", t.Wait, 5 * time.Second, 2 * time.Minute},
		{"timing.narrate", t.Narrate, 10 * time.Second, 5 * time.Minute},
		{"timing.lookup", t.LookUp, time.Second, 30 * time.Second},
		{"elder.no_input", e.NoInput, 2 * time.Second, time.Minute},
	} {
		if limit.value != 0 && (limit.value < limit.from || limit.value > limit.upTo) {
			l.wrong("", limit.path, "应在 %v 到 %v 之间 (out of range)", limit.from, limit.upTo)
		}
	}
	if e.Speed != 0 && (e.Speed < 0.5 || e.Speed > 1) {
		l.wrong("", "elder.speed", "语速应在 0.5 到 1 之间 (out of range)")
	}
}
