package kb

import (
	"strings"
	"testing"

	"github.com/hotline-cc/hotline/internal/han"
)

func TestSoundsFoldWhatIsConfused(t *testing.T) {
	for _, pair := range [][2]string{{"人工", "人公"}, {"水费", "睡费"}, {"南浦", "兰浦"}, {"湖南", "福南"}, {"三", "山"}, {"女", "吕"}, {"ＡＢ", "ab"}} {
		if a, b := strings.Join(sounds(han.Fold(pair[0])), " "), strings.Join(sounds(han.Fold(pair[1])), " "); a != b {
			t.Errorf("%s sounds %s, %s sounds %s", pair[0], a, pair[1], b)
		}
	}
	if sounds("水费")[0] == sounds("电费")[0] {
		t.Error("水 and 电 must differ")
	}
}
