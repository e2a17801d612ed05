package slot

import (
	"strings"

	"github.com/hotline-cc/hotline/dialog/nlu"
)

// answers are what people say to a question that wants yes or no; the longest that stands at a
// position counts there.
var answers = []struct {
	value string
	words []string
}{
	{"unsure", []string{"不知道", "不晓得", "不清楚", "不确定", "不太清楚", "不大清楚", "说不准", "说不好", "不好说", "记不清", "记不得", "不记得", "忘了", "可能", "大概", "也许", "好像", "应该吧", "看情况", "随便", "没想好", "拿不准", "差不多吧", "不一定", "再说吧", "想想"}},
	{"yes", []string{"对", "是", "是的", "对的", "嗯", "恩", "好", "好的", "好吧", "行", "可以", "可以的", "没错", "没有错", "没问题", "不错", "没毛病", "就是", "就是的", "正是", "确认", "确定", "要", "要的", "需要", "愿意", "同意", "当然", "中", "成", "得嘞", "OK", "YES", "有", "有的", "解决了", "联系过", "联系了", "满意", "是啊", "对啊", "对对", "必须的", "就这样", "就这样吧", "就这个", "就这个吧", "就它", "就用这个", "就用这个吧", "就是这个", "是这个", "就这儿", "就这里", "是这儿", "是这里", "要得", "阔以", "系"}},
	{"no", []string{"不", "不是", "不是的", "不对", "不行", "不要", "不用", "不用了", "不需要", "不可以", "不同意", "不愿意", "不好", "不想", "不满意", "没", "没有", "没有的", "没解决", "没联系", "错", "错了", "不正确", "有误", "有问题", "有错", "别", "算了", "免了", "否", "NO", "不必", "未", "甭", "不中", "不成", "不确认", "不方便", "不可能"}},
}

// captureYesNo reads yes, no or unsure: the first that is said decides, unless it is taken back.
func captureYesNo(s sentence) Captured {
	value := ""
	for i := 0; i < s.len(); {
		n := s.hasAny(i, "是不是", "对不对", "行不行", "要不要", "好不好", "可不可以", "能不能", "有没有", "还是", "可是", "但是", "只是", "要是", "总是", "老是", "或是", "是说", "不好了", "不行了", "不得了")
		if n > 0 {
			i += n // a question back, a conjunction or a cry is no answer
			continue
		}
		v, n := s.answerAt(i)
		if n == 0 {
			i++
			continue
		}
		taken := s.hasAny(i, "不对不对", "说错了", "哦不", "啊不", "哎不") > 0 || s.endsWith(i, "哦", "啊", "哎", "噢") > 0
		if value == "" || taken {
			value = v
		}
		i += n
	}
	return captured(value, false, value != "")
}

func (s sentence) answerAt(i int) (value string, length int) {
	for _, a := range answers {
		if n := s.hasAny(i, a.words...); n > length {
			value, length = a.value, n
		}
	}
	return value, length
}

// captureChoice reads a choice by its number (第二个, 选二, 后一个), or by what tells it from the others.
func captureChoice(s sentence, options []string) Captured {
	if len(options) == 0 || s.len() == 0 {
		return Captured{Problem: Missing}
	}
	if s.contains("都不是", "都不对", "没有一个", "哪个都不是", "不在里面", "以上都不") {
		return Captured{Problem: Unknown}
	}
	best, second, at := 0, 0, -1
	for i := range options {
		score := s.resemblance(options, i)
		switch {
		case score > best:
			best, second, at = score, best, i
		case score > second:
			second = score
		}
	}
	if best > 0 && best > second {
		return Captured{Value: options[at], Confidence: min(0.95, 0.6+0.05*float64(best-second))}
	}
	if n := s.ordinal(len(options)); n > 0 {
		return captured(options[n-1], false, true)
	}
	got := Captured{Problem: Unknown}
	if best > 0 || s.contains("都", "两个", "全") {
		got.Problem = Ambiguous
		for _, o := range options {
			got.Candidates = append(got.Candidates, Candidate{Value: o, Label: o})
		}
	}
	return got
}

// ordinal reads which one of n is meant, 0 when none is said.
func (s sentence) ordinal(n int) int {
	for i := range s.r {
		lead := s.hasAny(i, "第", "选", "选项", "按", "就")
		if lead == 0 && !(i == 0 || s.gap[i]) {
			continue
		}
		text, j := s.countText(i + lead)
		if text == "" || len(text) > 2 {
			continue
		}
		if k := atoi(text); k >= 1 && k <= n && (s.gap[j] || s.hasAny(j, "个", "项", "条", "号", "种", "吧", "那") > 0) {
			return k
		}
	}
	switch {
	case s.contains("最后", "后一个", "后面", "后边", "下面那", "后者"):
		return n
	case s.contains("前一个", "前面", "头一个", "上面那", "前者", "前边"):
		return 1
	case n == 3 && s.contains("中间"):
		return 2
	}
	return 0
}

// resemblance counts the pairs of characters, or of syllables, of one option that occur in the
// sentence and in no other option: 西岭那个 tells 西岭区幸福小区 from 东湖区幸福小区.
func (s sentence) resemblance(options []string, at int) int {
	said, heard := pairs(s.r), soundPairs(s.r)
	score := 0
	own := []rune(nlu.Clean(options[at]))
	for p := range pairs(own) {
		if said[p] && !elsewhere(options, at, func(o []rune) bool { return pairs(o)[p] }) {
			score += 2
		}
	}
	if score > 0 {
		return score
	}
	for p := range soundPairs(own) {
		if heard[p] && !elsewhere(options, at, func(o []rune) bool { return soundPairs(o)[p] }) {
			score++
		}
	}
	return score
}

func elsewhere(options []string, at int, in func([]rune) bool) bool {
	for i, o := range options {
		if i != at && in([]rune(nlu.Clean(o))) {
			return true
		}
	}
	return false
}

func pairs(r []rune) map[string]bool {
	set := map[string]bool{}
	for i := range r {
		if i > 0 {
			set[strings.ToUpper(string(r[i-1:i+1]))] = true
		}
	}
	return set
}
