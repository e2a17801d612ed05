package slot

import (
	"strings"
	"time"
)

// Span is a stretch of time, from From up to but without To.
type Span struct {
	From, To time.Time
}

// ResolveTime places a time phrase on the calendar: 下周三下午, 三个月前, 昨晚八点多, 三月五号. Lengths
// (三天) end now. A date without a year is the one nearest to now. It returns false for what has no
// place on the calendar (每天, 通宵).
func ResolveTime(text string, now time.Time) (Span, bool) {
	s := read(text)
	for i := range s.r {
		p := s.phraseAt(i)
		if p.to == i {
			continue
		}
		switch {
		case p.length, p.day && s.endsWith(p.to, "前") > 0:
			return s.resolveLength(p, now)
		case p.day || p.clock:
			return s.resolvePoint(p, now)
		}
		return Span{}, false
	}
	return Span{}, false
}

// resolveLength counts back from now; "X以前" is a day (or an hour) long, "X" lasts until now.
func (s sentence) resolveLength(p phrase, now time.Time) (Span, bool) {
	back, fine, ok := s.goBack(p.from, now)
	switch {
	case !ok:
		return Span{}, false
	case s.endsWith(p.to, "前") == 0:
		return Span{back, now}, true
	case fine:
		return Span{back, back.Add(time.Hour)}, true
	}
	day := midnight(back)
	return Span{day, day.AddDate(0, 0, 1)}, true
}

// goBack subtracts a length that begins at i; fine tells that it was given in hours or minutes.
func (s sentence) goBack(i int, now time.Time) (back time.Time, fine, ok bool) {
	var j int
	count, half := 0, false
	if n := s.hasAny(i, "大半", "小半", "半"); n > 0 {
		half, j = true, i+n
	} else if n := s.hasAny(i, "好几", "几"); n > 0 {
		count, j = 3, i+n // 几天 are three, the least that are called so
	} else {
		text, k := s.countText(i)
		if text == "" || len(text) > 4 {
			return now, false, false
		}
		count, j = atoi(text), k
	}
	j += s.hasAny(j, "多", "来", "几")
	if s.has(j, "个半") {
		half, j = true, j+2
	}
	j += s.hasAny(j, "个多", "个", "整")
	n := s.hasAny(j, "工作日", "小时", "钟头", "分钟", "星期", "礼拜", "季度", "学期", "年头", "年", "月", "周", "天", "宿", "晚")
	if n == 0 {
		return now, false, false
	}
	if s.has(j, "年半") {
		half = true
	}
	halves := count * 2
	if half {
		halves++
	}
	switch s.text(j, j+n) {
	case "分钟":
		return now.Add(-time.Duration(halves) * 30 * time.Second), true, true
	case "小时", "钟头":
		return now.Add(-time.Duration(halves) * 30 * time.Minute), true, true
	case "星期", "礼拜", "周":
		return now.AddDate(0, 0, -halves*7/2), false, true
	case "月":
		return addMonths(now, -count).AddDate(0, 0, -15*(halves%2)), false, true
	case "季度":
		return addMonths(now, -3*count), false, true
	case "学期":
		return addMonths(now, -5*count), false, true
	case "年", "年头":
		return addMonths(now, -6*halves), false, true
	case "工作日":
		return workdaysBack(now, count), false, true
	}
	if halves == 1 {
		return now.Add(-12 * time.Hour), true, true // 半天
	}
	return now.AddDate(0, 0, -halves/2), false, true
}

// addMonths keeps to the month that is meant: a month before 31 March is the last of February.
func addMonths(t time.Time, n int) time.Time {
	first := time.Date(t.Year(), t.Month(), 1, t.Hour(), t.Minute(), t.Second(), 0, t.Location()).AddDate(0, n, 0)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1)
}

// workdaysBack leaves out Saturdays and Sundays; holidays are not known here.
func workdaysBack(t time.Time, n int) time.Time {
	for n > 0 && n < 4000 {
		t = t.AddDate(0, 0, -1)
		if t.Weekday() != time.Saturday && t.Weekday() != time.Sunday {
			n--
		}
	}
	return t
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

// dayOffsets are days counted from today.
var dayOffsets = []struct {
	word string
	days int
}{
	{"大前", -3}, {"前天", -2}, {"前晚", -2}, {"昨", -1}, {"今", 0}, {"当天", 0}, {"明", 1}, {"后天", 2}, {"大后", 3},
}

// resolvePoint reads the day, then narrows it by the part of the day and the hour.
func (s sentence) resolvePoint(p phrase, now time.Time) (Span, bool) {
	span, i, ok := s.resolveDay(p.from, now)
	if !ok {
		return Span{}, false
	}
	whole := span
	evening := i > p.from && strings.ContainsRune("晚夜", s.r[i-1])
	morning := i > p.from && s.r[i-1] == '早'
	i += s.hasAny(i, "的")
	part := ""
	if n := s.hasAny(i, dayparts...); n > 0 {
		part = s.text(i, i+n)
		i += n
	}
	switch {
	case part == "" && evening:
		part = "晚上"
	case part == "" && morning:
		part = "早上"
	}
	if part != "" {
		from, to := partHours(part)
		span = Span{whole.From.Add(hours(from)), whole.From.Add(hours(to))}
	}
	if from, j, ok := s.clock(i, part); ok {
		span = Span{whole.From.Add(from), whole.From.Add(from + time.Hour)}
		if n := s.hasAny(j, "到", "至", "和"); n > 0 {
			if m := s.hasAny(j+n, dayparts...); m > 0 {
				part, n = s.text(j+n, j+n+m), n+m
			}
			if to, _, ok := s.clock(j+n, part); ok && to > from {
				span.To = whole.From.Add(to)
			}
		}
	}
	return span, true
}

func hours(h int) time.Duration { return time.Duration(h) * time.Hour }

// partHours gives the hours from midnight of a part of the day; the night after runs past 24.
func partHours(part string) (from, to int) {
	switch {
	case strings.Contains(part, "凌晨"):
		return 0, 6
	case strings.Contains(part, "午休"):
		return 12, 14
	case strings.Contains(part, "中午"):
		return 11, 14
	case strings.Contains(part, "上午"):
		return 8, 12
	case strings.Contains(part, "下午"):
		return 12, 18
	case strings.Contains(part, "傍晚"):
		return 17, 19
	case strings.Contains(part, "后半夜"):
		return 24, 30
	case strings.Contains(part, "半夜"), strings.Contains(part, "三更"), strings.Contains(part, "深夜"):
		return 23, 29
	case strings.Contains(part, "夜"):
		return 20, 30
	case strings.Contains(part, "晚"):
		return 18, 24
	case strings.Contains(part, "白天"):
		return 8, 18
	}
	return 5, 9 // 早上
}

// clock reads an hour; the part of the day says which half of the day it is in.
func (s sentence) clock(i int, part string) (at time.Duration, end int, ok bool) {
	text, j := s.countText(i)
	if text == "" || len(text) > 2 || s.hasAny(j, "点", "时", "来点") == 0 {
		return 0, i, false
	}
	j += s.hasAny(j, "来点", "点", "时")
	h, minutes := atoi(text), 0
	switch {
	case s.has(j, "半") && !s.has(j, "半夜"):
		minutes, j = 30, j+1
	case s.has(j, "一刻"):
		minutes, j = 15, j+2
	case s.has(j, "三刻"):
		minutes, j = 45, j+2
	default:
		if m, k := s.countText(j); m != "" && len(m) <= 2 && atoi(m) < 60 && (len(m) == 2 || s.has(k, "分")) {
			minutes, j = atoi(m), k+s.hasAny(k, "分")
		}
		j += s.hasAny(j, "钟多", "多钟", "钟", "多", "整", "左右")
	}
	from, _ := partHours(part)
	switch {
	case h > 24:
		return 0, i, false
	case part != "" && from >= 11 && h < 12 && (from < 20 || h >= 6):
		h += 12 // 下午三点, 晚上八点
	case part != "" && from >= 17 && h <= 6, part != "" && from >= 17 && h == 12:
		h += 24 - h/12*12 // 半夜两点, 晚上十二点: the day after
	}
	return hours(h) + time.Duration(minutes)*time.Minute, j, true
}
