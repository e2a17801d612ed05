package engine

import (
	"regexp"
	"strings"

	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/nlu"
)

// tongue takes note of the language in which somebody asks to be served, and reports whether the turn
// asks for that: 有会说闽南话的吗 wants a person, too. What is said to people is none of the dialog's business.
func (t *step) tongue(u nlu.Understanding) bool {
	language := t.languageWanted(u)
	if language == "" || t.s.Attended {
		return false
	}
	if language != t.s.Language {
		t.s.Language = language
		t.note(dialog.Note{What: "language", Reason: language})
	}
	return true
}

// maxTongue is how long a turn may be that asks for nothing but a language, in bytes: 20 characters,
// or a sentence in English.
const maxTongue = 60

var (
	// whether are questions with 不 or 没 that deny nothing.
	whether = strings.NewReplacer("有没有", "有", "能不能", "能", "会不会", "会", "可不可以", "可以", "是不是", "是", "懂不懂", "懂", "行不行", "行")
	// denied, speaking and serving are what stands around the name of a language: 我不会说…, 会说…, …客服.
	denied   = regexp.MustCompile(`[不没别](?:太|大|怎么)?(?:会|懂|能|想|要|用|是|有)?(?:说|讲|听|懂)*$|don?t(?:speak|want|understand)?$`)
	speaking = regexp.MustCompile(`(?:会|懂|说|讲|用|听|speak|speaks|speaking|in)$`)
	serving  = regexp.MustCompile(`^(?:的)?(?:坐席|座席|客服|接线|话务|人工|工作人员|服务(?:吗|么|呢|吧)?$|please|agent|operator|speaker|service|吗?$)`)
)

// languageWanted returns the language in which a turn asks to be served, "" when it asks for none. In a
// wish for a person its name is enough.
func (t *step) languageWanted(u nlu.Understanding) string {
	if len(t.house.Languages) == 0 || !u.Agent && len(u.Clean) > maxTongue {
		return ""
	}
	clean := whether.Replace(u.Clean)
	for _, language := range sortedKeys(t.house.Languages) {
		for _, word := range t.house.Languages[language] {
			before, after, found := strings.Cut(clean, nlu.Clean(word))
			switch {
			case !found, denied.MatchString(before):
			case u.Agent, speaking.MatchString(before), serving.MatchString(after) && (after != "" || before == ""):
				return language
			}
		}
	}
	return ""
}
