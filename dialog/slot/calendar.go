package slot

import (
	"strings"
	"time"
)

// resolveDay reads the day, week, month or year that begins at i; without one it is today.
func (s sentence) resolveDay(i int, now time.Time) (Span, int, bool) {
	today := midnight(now)
	j := s.dayAt(i)
	if j == i {
		return Span{today, today.AddDate(0, 0, 1)}, i, true
	}
	if s.hasAny(i, festival...) > 0 {
		return Span{}, i, false // the lunar ones move, and none is a day only
	}
	if span, ok := s.fewDays(i, today); ok {
		return span, j, true
	}
	for _, d := range dayOffsets {
		if s.has(i, d.word) && s.hasAny(i, years...) == 0 {
			day := today.AddDate(0, 0, d.days)
			return Span{day, day.AddDate(0, 0, 1)}, j, true
		}
	}
	if n := s.hasAny(i, weeks...); n > 0 {
		return s.resolveWeek(i, n, j, today), j, true
	}
	if n := s.hasAny(i, months...); n > 0 {
		span := monthWord(s.text(i, i+n), today)
		if day, k := s.countText(i + n); day != "" && k < j {
			from := span.From.AddDate(0, 0, atoi(day)-1)
			return Span{from, from.AddDate(0, 0, 1)}, j, from.Month() == span.From.Month()
		}
		return span, j, true
	}
	span, ok := s.resolveDate(i, j, today)
	return span, j, ok
}

// fewDays are the vague ones: 前两天, 这几天.
func (s sentence) fewDays(i int, today time.Time) (Span, bool) {
	switch {
	case s.hasAny(i, "前两天", "前几天") > 0:
		return Span{today.AddDate(0, 0, -3), today.AddDate(0, 0, -1)}, true
	case s.hasAny(i, "这几天", "这两天", "最近几天") > 0:
		return Span{today.AddDate(0, 0, -3), today.AddDate(0, 0, 1)}, true
	}
	return Span{}, false
}

// resolveWeek takes weeks from Monday. A bare 周三 is the one of this week.
func (s sentence) resolveWeek(i, n, end int, today time.Time) Span {
	monday := today.AddDate(0, 0, -(int(today.Weekday())+6)%7)
	switch {
	case s.has(i, "上上"):
		monday = monday.AddDate(0, 0, -14)
	case s.has(i, "上"):
		monday = monday.AddDate(0, 0, -7)
	case s.has(i, "下"):
		monday = monday.AddDate(0, 0, 7)
	}
	if end == i+n {
		return Span{monday, monday.AddDate(0, 0, 7)}
	}
	if s.r[end-1] == '末' {
		return Span{monday.AddDate(0, 0, 5), monday.AddDate(0, 0, 7)}
	}
	day := 7
	if d, ok := digitOf(s.r[end-1]); ok {
		day = int(d - '0')
	}
	from := monday.AddDate(0, 0, day-1)
	return Span{from, from.AddDate(0, 0, 1)}
}

func monthWord(word string, today time.Time) Span {
	first := today.AddDate(0, 0, 1-today.Day())
	switch {
	case strings.HasPrefix(word, "上"):
		first = first.AddDate(0, -1, 0)
	case strings.HasPrefix(word, "下"):
		first = first.AddDate(0, 1, 0)
	}
	next := first.AddDate(0, 1, 0)
	switch {
	case strings.HasSuffix(word, "初"):
		return Span{first, first.AddDate(0, 0, 10)}
	case strings.HasSuffix(word, "底"):
		return Span{first.AddDate(0, 0, 20), next}
	}
	return Span{first, next}
}

// resolveDate reads 去年, 2026年3月份, 三月五号.
func (s sentence) resolveDate(i, end int, today time.Time) (Span, bool) {
	year, given := today.Year(), false
	if n := s.hasAny(i, years...); n > 0 {
		offset := map[rune]int{'大': -3, '前': -2, '去': -1, '今': 0, '明': 1}[s.r[i]]
		year, given, i = year+offset, true, i+n
	} else if text, j := s.countText(i); len(text) == 4 && s.has(j, "年") {
		year, given, i = atoi(text), true, j+1
	}
	text, j := s.countText(i)
	if text == "" || !s.has(j, "月") || i >= end {
		from := time.Date(year, 1, 1, 0, 0, 0, 0, today.Location())
		return Span{from, from.AddDate(1, 0, 0)}, given && year > 0
	}
	month := atoi(text)
	j += s.hasAny(j, "月份", "月")
	day, k := s.countText(j)
	if day == "" || k > end {
		from := nearestYear(year, month, 1, given, today)
		return Span{from, from.AddDate(0, 1, 0)}, month >= 1
	}
	from := nearestYear(year, month, atoi(day), given, today)
	valid := int(from.Month()) == month && from.Day() == atoi(day)
	return Span{from, from.AddDate(0, 0, 1)}, valid
}

// nearestYear chooses the year in which a date without one lies closest to today.
func nearestYear(year, month, day int, given bool, today time.Time) time.Time {
	best := time.Date(year, time.Month(month), day, 0, 0, 0, 0, today.Location())
	for _, y := range []int{year - 1, year + 1} {
		t := time.Date(y, time.Month(month), day, 0, 0, 0, 0, today.Location())
		if !given && today.Sub(t).Abs() < today.Sub(best).Abs() {
			best = t
		}
	}
	return best
}

// captureTime reads the answer to "什么时候"; what lies ahead is as good as what is past.
func captureTime(s sentence, c Context) Captured {
	list := s.phrases()
	if len(list) == 0 {
		return Captured{Problem: Missing}
	}
	best := list[0]
	for _, p := range list[1:] {
		if s.corrected(best.to, p.from) || best.loose {
			best = p
		}
	}
	got := captured(s.text(best.from, best.to), false, true)
	got.Spoken = got.Value
	if span, ok := ResolveTime(got.Value, c.Now); ok && !best.length && !c.Now.IsZero() {
		got.Spoken = spellDay(span.From, got.Value)
	}
	return got
}

// spellDay adds the date to a relative phrase, which is where misunderstandings come from:
// 下周三下午，十二月二号星期三.
func spellDay(day time.Time, phrase string) string {
	if strings.Contains(phrase, "号") || strings.Contains(phrase, "月份") {
		return phrase
	}
	return phrase + "，" + spellNumber(int64(day.Month())) + "月" + spellNumber(int64(day.Day())) + "号星期" +
		string([]rune("日一二三四五六")[day.Weekday()])
}
