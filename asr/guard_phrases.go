package asr

import (
	"strings"
	"unicode"
)

// credits are what video subtitles end with, in simplified script without spaces and punctuation.
// Whisper learned them as the text of silence. No caller says them, so they are cut out of longer
// texts as well.
var credits = []string{
	"请不吝点赞", "点赞订阅转发", "打赏支持明镜", "明镜与点点", "支持明镜", "点点栏目",
	"字幕由", "字幕制作", "字幕志愿者", "字幕组", "字幕提供", "字幕翻译", "中文字幕", "amaraorg", "社区提供", "社群提供",
	"词曲李宗盛", "作曲李宗盛", "作词作曲", "优优独播剧场", "yoyotelevision", "独播剧场",
	"欢迎订阅", "订阅我的频道", "订阅频道", "打开小铃铛", "点赞关注", "一键三连", "记得订阅", "按赞分享",
	"谢谢观看", "谢谢收看", "谢谢收听", "感谢观看", "感谢收看", "感谢收听", "感谢您的观看", "谢谢大家观看",
	"本期视频", "本集视频", "下期视频", "下个视频", "我们下期再见", "下期再见", "下集再见",
	"thanksforwatching", "thankyouforwatching", "subscribetomychannel", "likeandsubscribe", "pleasesubscribe",
	"subtitlesby", "subtitledby", "transcribedby",
}

// fillers are whole texts that whisper also writes for noise but that a caller may say: they count
// as phantoms only when the engine was unsure.
var fillers = []string{
	"谢谢大家", "大家好", "下次再见", "thankyou", "thanks", "bye", "byebye", "you", "so", "oh", "music",
	"音乐", "掌声", "笑声", "驾驶",
}

// unsure is the log-probability below which fillers are not believed.
const unsure = -0.9

// isPhantom tells whether a text is nothing but an invention of the engine.
func isPhantom(text string, logProb float64) bool {
	chars := string(spoken(text))
	if kept, cut := cutCredits(text); cut && len(spoken(kept)) <= len([]rune(chars))/4 {
		return true
	}
	if isNote(text) {
		return true
	}
	for _, f := range fillers {
		if chars == f {
			return logProb < unsure
		}
	}
	return false
}

// isNote tells whether the whole text is a remark about the sound, as in (音乐) or [Music] or ♪.
func isNote(text string) bool {
	text = strings.TrimSpace(text)
	for _, pair := range []string{"()", "[]", "（）", "【】", "**", "♪♪"} {
		b := []rune(pair)
		if strings.HasPrefix(text, string(b[0])) && strings.HasSuffix(text, string(b[1])) {
			return true
		}
	}
	return false
}

// cutCredits cuts a text before the first subtitle credit in it.
func cutCredits(text string) (kept string, cut bool) {
	var bare strings.Builder
	var starts []int // for each byte of bare, where its character starts in text
	for i, c := range text {
		if isSpoken(c) {
			n, _ := bare.WriteRune(unicode.ToLower(c))
			for range n {
				starts = append(starts, i)
			}
		}
	}
	first := -1
	for _, c := range credits {
		if i := strings.Index(bare.String(), c); i >= 0 && (first < 0 || i < first) {
			first = i
		}
	}
	if first < 0 {
		return text, false
	}
	return strings.TrimRightFunc(text[:starts[first]], notSpoken), true
}

func notSpoken(c rune) bool { return !isSpoken(c) }

// isEcho tells whether the engine read its prompt back: the text holds two neighbouring words of it.
// One word alone is what the prompt is there for.
func isEcho(text, prompt string) bool {
	words := strings.FieldsFunc(Simplify(prompt), func(c rune) bool { return notSpoken(c) && c != ' ' })
	chars := string(spoken(text))
	for i := range len(words) - 1 {
		pair := string(spoken(words[i])) + string(spoken(words[i+1]))
		if pair != "" && strings.Contains(chars, pair) {
			return true
		}
	}
	return false
}

// isForeign tells whether a text that should be Chinese is in another script, which whisper falls
// into on noise. Latin words stand in Chinese sentences; a whole Latin sentence counts only when
// the engine was unsure, for callers do speak English.
func isForeign(text, language string, logProb float64) bool {
	if language != "zh" && language != "yue" {
		return false
	}
	var han, latin, other int
	for _, c := range text {
		switch {
		case unicode.Is(unicode.Han, c):
			han++
		case unicode.Is(unicode.Latin, c):
			latin++
		case unicode.IsLetter(c):
			other++
		}
	}
	if other > 0 && 3*other >= han+latin+other {
		return true
	}
	return han == 0 && latinWords(text) >= 3 && logProb < -0.6
}

func latinWords(text string) (n int) {
	for word := range strings.FieldsSeq(text) {
		if strings.ContainsFunc(word, func(c rune) bool { return unicode.Is(unicode.Latin, c) }) {
			n++
		}
	}
	return n
}
