package han

import (
	"testing"
	"unicode/utf8"
)

func TestSimplify(t *testing.T) {
	for in, want := range map[string]string{
		"":               "",
		"我要查詢社會保險":       "我要查询社会保险",
		"我要查询社会保险":       "我要查询社会保险",
		"乾淨 乾杯 乾隆 乾坤":    "干净 干杯 乾隆 乾坤",
		"看著我 著急 配合著":     "看着我 着急 配合着",
		"著名 顯著 原著":       "著名 显著 原著",
		"甚麼 什麼 怎麼 多麼":    "什么 什么 怎么 多么",
		"後天 皇后 以後":       "后天 皇后 以后",
		"這裡 這裏 公里":       "这里 这里 公里",
		"頭髮 發票 髮廊":       "头发 发票 发廊",
		"鐘錶 鍾愛 一分鐘":      "钟表 钟爱 一分钟",
		"藉口 慰藉 狼藉":       "借口 慰藉 狼藉",
		"瞭解 瞭望":          "了解 瞭望",
		"妳好 臺灣 台灣 週末 餘額": "你好 台湾 台湾 周末 余额",
		"徵收 象徵":          "征收 象征",
		"身分證 帳戶 計畫 答覆":   "身份证 账户 计划 答复",
		"隻 祇 纔 鬆 範圍 迴":   "只 只 才 松 范围 回",
		"打坏了 公司 沈阳 合并 面": "打坏了 公司 沈阳 合并 面",
		"OK，APP 登錄 123":  "OK，APP 登录 123",
	} {
		if got := Simplify(in); got != want {
			t.Errorf("%s became %s, want %s", in, got, want)
		}
	}
}

func TestSimplifiedTable(t *testing.T) {
	table := simplified()
	if n := len(table.characters); n < 2900 {
		t.Errorf("only %d characters", n)
	}
	for from, to := range table.characters {
		if again, ok := table.characters[to]; ok && again != to {
			t.Errorf("%c becomes %c becomes %c", from, to, again)
		}
	}
	for from, to := range table.phrases {
		if utf8.RuneCountInString(from) != utf8.RuneCountInString(to) {
			t.Errorf("%s and %s differ in length", from, to)
		}
		if again := Simplify(to); again != to {
			t.Errorf("%s becomes %s becomes %s", from, to, again)
		}
	}
}

func FuzzSimplify(f *testing.F) {
	f.Add("乾隆看著我")
	f.Add("a\xff乾")
	f.Fuzz(func(t *testing.T, s string) {
		out := Simplify(s)
		if utf8.RuneCountInString(out) != utf8.RuneCountInString(s) || !utf8.ValidString(out) {
			t.Errorf("%q became %q", s, out)
		}
	})
}
