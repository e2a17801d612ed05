package flow

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What can be said in one go, and what can be shown.
const (
	maxVoice = 90   // characters, about 20 s
	maxShown = 1000 // characters
)

// unspeakable is what must not stand in a voice wording, the most telling reason first.
var unspeakable = []struct {
	pattern *regexp.Regexp
	reason  string
}{
	{regexp.MustCompile(`(?i)https?:|www\.|[a-z0-9]\.(com|cn|net|org|gov|example)`), "网址念不出来，请放到 text 里 (URL in a voice prompt)"},
	{regexp.MustCompile(`[()（）\[\]【】〔〕<>＜＞]`), "括号念不出来，请改写成一句话 (brackets in a voice prompt)"},
	{regexp.MustCompile("[*#_`~|•＊＃]|^- |\\n"), "排版符号念不出来，请去掉；按键请写“井号键”“星号键” (markup in a voice prompt)"},
	{regexp.MustCompile(`[A-Za-zＡ-Ｚａ-ｚ]{6,}`), "英文词念不好，请改成中文 (foreign word in a voice prompt)"},
	{regexp.MustCompile(`[^\p{Han}\p{Nd}A-Za-zＡ-Ｚａ-ｚ，。？！、；：“”‘’《》—…·〇%％℃°+\-./:,?!;'" ×]`), "有念不出来的符号，请去掉 (symbol in a voice prompt)"},
}

// speakable returns why a voice wording cannot be said well, "" when it can.
func speakable(text string) string {
	words, _ := spoken(text)
	if strings.TrimSpace(words) == "" && words == text {
		return "话术是空的 (empty prompt)"
	}
	for _, u := range unspeakable {
		if found := u.pattern.FindString(words); found != "" {
			return fmt.Sprintf("“%s”：%s", strings.TrimSpace(found), u.reason)
		}
	}
	if n := utf8.RuneCountInString(words); n > maxVoice {
		return fmt.Sprintf("有 %d 字，电话里一次最多 %d 字，请拆开 (voice prompt too long)", n, maxVoice)
	}
	return ""
}

// showable returns why a text wording cannot be shown, "" when it can.
func showable(text string) string {
	if strings.TrimSpace(text) == "" {
		return "话术是空的 (empty prompt)"
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }) {
		return "有看不见的控制字符，请删去 (control character)"
	}
	if n := utf8.RuneCountInString(text); n > maxShown {
		return fmt.Sprintf("有 %d 字，最多 %d 字 (text too long)", n, maxShown)
	}
	return ""
}

// spoken returns a wording without its expressions, and how many there are.
func spoken(text string) (words string, expressions int) {
	pieces, err := split(text)
	if err != nil {
		return text, 0
	}
	var b strings.Builder
	for _, p := range pieces {
		if p.expression {
			expressions++
		} else {
			b.WriteString(p.text)
		}
	}
	return b.String(), expressions
}

// How long speech takes. Kokoro reads Mandarin at some five characters per second, and slower to
// elders; a value that is filled in has about eight characters.
const (
	charactersPerSecond = 4.0
	charactersOfValue   = 8
)

// seconds estimates how long a prompt takes at most.
func (p Prompt) seconds() float64 {
	longest := 0
	for _, text := range p.Voice {
		words, values := spoken(text)
		longest = max(longest, utf8.RuneCountInString(words)+values*charactersOfValue)
	}
	return float64(longest) / charactersPerSecond
}
