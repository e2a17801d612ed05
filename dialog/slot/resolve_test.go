package slot_test

import (
	"testing"
	"time"

	"github.com/hotline-cc/hotline/dialog/slot"
)

func TestTimesOnTheCalendar(t *testing.T) {
	const layout = "2006-01-02 15:04"
	for _, tt := range []struct {
		name, phrase, now, from, to string
	}{
		{"a weekday of next week", "下周三下午", "2026-11-24 10:00", "2026-12-02 12:00", "2026-12-02 18:00"},
		{"next week over the year's end", "下周五", "2026-12-29 10:00", "2027-01-08 00:00", "2027-01-09 00:00"},
		{"last Monday", "上周一", "2026-11-24 10:00", "2026-11-16 00:00", "2026-11-17 00:00"},
		{"a week is counted from Monday even on Sunday", "上周一", "2026-11-29 10:00", "2026-11-16 00:00", "2026-11-17 00:00"},
		{"yesterday over the month's end", "昨天早上", "2026-12-01 10:00", "2026-11-30 05:00", "2026-11-30 09:00"},
		{"yesterday over the year's end", "昨晚八点多", "2027-01-01 09:00", "2026-12-31 20:00", "2026-12-31 21:00"},
		{"three months before the end of a short month", "三个月前", "2026-05-31 10:00", "2026-02-28 00:00", "2026-03-01 00:00"},
		{"a length ends now", "三个月", "2026-11-24 10:00", "2026-08-24 10:00", "2026-11-24 10:00"},
		{"half a year", "半年", "2026-11-24 10:00", "2026-05-24 10:00", "2026-11-24 10:00"},
		{"two weeks over the year's end", "两个星期前", "2027-01-05 10:00", "2026-12-22 00:00", "2026-12-23 00:00"},
		{"hours", "四个小时", "2026-11-24 02:00", "2026-11-23 22:00", "2026-11-24 02:00"},
		{"ten days ago", "十天前", "2026-11-05 10:00", "2026-10-26 00:00", "2026-10-27 00:00"},
		{"working days leave out the weekend", "五个工作日", "2026-11-24 10:00", "2026-11-17 10:00", "2026-11-24 10:00"},
		{"a date without a year lies near", "三月五号", "2026-11-24 10:00", "2027-03-05 00:00", "2027-03-06 00:00"},
		{"a date of last winter", "十二月三号", "2027-01-10 10:00", "2026-12-03 00:00", "2026-12-04 00:00"},
		{"a month of a year", "2026年3月份", "2026-11-24 10:00", "2026-03-01 00:00", "2026-04-01 00:00"},
		{"the last day of February in a leap year", "2028年2月29号", "2026-11-24 10:00", "2028-02-29 00:00", "2028-03-01 00:00"},
		{"a range of hours", "早上七点到八点", "2026-11-24 10:00", "2026-11-24 07:00", "2026-11-24 08:00"},
		{"half past", "今天下午三点半", "2026-11-24 10:00", "2026-11-24 15:30", "2026-11-24 16:30"},
		{"two at night is the day after", "昨天半夜两点", "2026-11-24 10:00", "2026-11-24 02:00", "2026-11-24 03:00"},
		{"last month in January", "上个月", "2027-01-15 10:00", "2026-12-01 00:00", "2027-01-01 00:00"},
		{"a day of last month", "上个月十五号", "2027-01-15 10:00", "2026-12-15 00:00", "2026-12-16 00:00"},
		{"last year", "去年", "2026-11-24 10:00", "2025-01-01 00:00", "2026-01-01 00:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			now, err := time.ParseInLocation(layout, tt.now, today.Location())
			if err != nil {
				t.Fatal(err)
			}
			got, ok := slot.ResolveTime(tt.phrase, now)
			if !ok || got.From.Format(layout) != tt.from || got.To.Format(layout) != tt.to {
				t.Errorf("%s at %s: got %s to %s (%t), want %s to %s", tt.phrase, tt.now, got.From.Format(layout), got.To.Format(layout), ok, tt.from, tt.to)
			}
		})
	}
}

func TestWhatIsNoPointInTime(t *testing.T) {
	for _, phrase := range []string{"", "每天", "通宵", "2026年2月30号", "墨香苑"} {
		if span, ok := slot.ResolveTime(phrase, today); ok {
			t.Errorf("%q resolved to %v", phrase, span)
		}
	}
}
