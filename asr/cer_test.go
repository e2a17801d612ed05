package asr

import "testing"

func TestErrorRate(t *testing.T) {
	tests := map[string]struct {
		ref, hyp      string
		errors, chars int
	}{
		"same":                 {"你好世界", "你好世界", 0, 4},
		"punctuation, spaces":  {"你好世界", " 你好，世 界。", 0, 4},
		"traditional":          {"预约办证", "預約辦證", 0, 4},
		"digits":               {"一三八零零", "1 3 8 0 0", 0, 5},
		"wide digits, 幺 and 〇": {"一零", "幺〇", 0, 2},
		"wide letters":         {"APP", "ａｐｐ", 0, 3},
		"numbers go by digit":  {"十点", "10点", 2, 2},
		"changed":              {"人工", "人公", 1, 2},
		"missing":              {"东北军的", "北军", 2, 4},
		"invented":             {"好", "好谢谢观看", 4, 1},
		"moved":                {"甲乙丙丁", "乙丙丁甲", 2, 4},
		"nothing heard":        {"取消", "", 2, 2},
		"nothing said":         {"", "谢谢", 2, 0},
		"broken bytes":         {"你好", "你\xe5\xa5好", 0, 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			errors, chars := ErrorRate(tt.ref, tt.hyp)
			if errors != tt.errors || chars != tt.chars {
				t.Errorf("%d of %d, want %d of %d", errors, chars, tt.errors, tt.chars)
			}
		})
	}
}
