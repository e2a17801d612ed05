package nlu

import (
	"regexp"
	"strings"

	"github.com/hotline-cc/hotline/internal/han"
)

// aside is a clause about complaining rather than about what is complained of: 我要投诉物业, 打了三个电话了.
var aside = regexp.MustCompile(`^(?:我|我们|俺)?(?:就|现在|今天)?(?:要|想|来)(?:投诉|举报|反映|反应|告)[^，。]{0,6}$|打了?[^，。]{0,4}(?:个|次|遍|通)[^，。]{0,3}(?:电话|热线)|电话[^，。]{0,4}打了|^(?:你们|你)[^，。]{0,6}(?:管不管|死绝|干什么吃|吃干饭|干嘛的|什么态度)|^[^，。]{0,4}没人管(?:了|啊|吗|的)?$|都死绝|管不管了?$`)

// leastCore is how many characters what is left must have to be about something.
const leastCore = 4

// core leaves out the clauses of a sentence that are about complaining, when something else is in it.
func core(text string) (string, bool) {
	var kept []string
	clauses := han.Clauses(text)
	for _, c := range clauses {
		if !aside.MatchString(c) {
			kept = append(kept, c)
		}
	}
	left := strings.Join(kept, "，")
	return left, len(kept) > 0 && len(kept) < len(clauses) && len([]rune(left)) >= leastCore
}
