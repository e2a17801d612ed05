package slot

// Words that time phrases are made of, longest first where one begins another.
var (
	days = []string{"今天", "昨天", "前天", "大前天", "明天", "后天", "大后天", "今早", "今晚", "昨晚", "昨夜", "前晚", "今日", "昨日", "明早", "明晚", "当天", "今儿", "昨儿", "今儿个", "昨儿个", "前儿个", "前两天", "前几天", "这几天", "这两天", "最近几天"}
	// parts of a day, with the hours they last.
	dayparts = []string{"早上", "早晨", "清早", "大清早", "一大早", "清晨", "上午", "中午", "下午", "傍晚", "晚上", "夜里", "半夜", "大半夜", "深夜", "后半夜", "凌晨", "夜间", "白天", "午休时间", "三更半夜", "深更半夜", "一早", "大晚上", "大中午", "半夜三更"}
	weeks    = []string{"上上周", "上周", "上个礼拜", "上个星期", "上礼拜", "上星期", "这周", "这礼拜", "这星期", "这个礼拜", "这个星期", "本周", "下周", "下礼拜", "下星期", "下个礼拜", "下个星期", "周", "星期", "礼拜"}
	months   = []string{"上个月", "上月", "这个月", "本月", "下个月", "月初", "月底", "上个月底", "上个月初", "这个月初", "腊月", "正月", "冬月"}
	years    = []string{"去年", "今年", "前年", "明年", "大前年"}
	units    = []string{"年", "个月", "个星期", "个礼拜", "星期", "周", "天", "小时", "个小时", "个钟头", "钟头", "工作日", "个工作日", "分钟", "个季度", "宿", "个晚上", "晚", "个年头", "整天", "整夜", "晚上", "学期", "个学期"}
	spans    = []string{"一天到晚", "整天整夜", "没日没夜", "从早到晚", "整晚", "一整天", "一整夜", "整夜", "通宵", "成天", "一夜", "节假日", "工作日", "每天", "每晚", "年前", "年后"}
	festival = []string{"国庆节", "国庆", "春节", "过年", "元旦", "中秋节", "中秋", "端午节", "端午", "清明节", "清明", "五一", "十一假期", "寒假", "暑假"}
)

// phrase is a time as it was said, and how much it tells.
type phrase struct {
	from, to int
	length   bool // how long rather than when
	day      bool // names a day or date
	clock    bool // names an hour or part of the day
	loose    bool // 每天, 通宵: told only when nothing better is
	ahead    bool // lies in the future
}

// phrases finds all times of a sentence in order.
func (s sentence) phrases() []phrase {
	var list []phrase
	for i := 0; i < s.len(); {
		p := s.phraseAt(i)
		if p.to == i {
			i++
			continue
		}
		list = append(list, p)
		i = p.to
	}
	return list
}

// phraseAt reads the longest time that begins at i.
func (s sentence) phraseAt(i int) phrase {
	if i > 0 && !s.gap[i] && (s.has(i-1, "一天到晚") || s.has(i-1, "每周")) {
		return phrase{from: i, to: i}
	}
	length := s.lengthAt(i)
	point := s.pointAt(i)
	if point.to >= length.to {
		return point
	}
	return length
}

// lengthAt reads how long, or how long ago: 三个多小时, 半年, 二十多天, 十天前, 快半年.
func (s sentence) lengthAt(i int) phrase {
	p := phrase{from: i, to: i}
	if n := s.hasAny(i, "一整个", "一整", "一", "整"); n > 0 {
		if m := s.hasAny(i+n, "早上", "上午", "下午", "晚上", "白天"); m > 0 && s.hasAny(i+n, "晚上班") == 0 {
			return s.lengthEnd(i, i+n+m)
		}
	}
	if s.hasAny(i, "仨", "俩") > 0 { // 仨月: the measure word is in the numeral
		if n := s.hasAny(i+1, "月", "礼拜", "星期", "钟头", "小时", "年", "周"); n > 0 {
			return s.lengthEnd(i, i+1+n)
		}
		return p
	}
	j := i
	switch n := s.hasAny(i, "大半", "小半", "半", "好几", "几", "多少", "好"); {
	case n > 0:
		j += n
	default:
		_, k := s.countText(i)
		if k == i {
			return p
		}
		j = k
	}
	j += s.hasAny(j, "几", "多", "来")
	if s.has(j, "个半") {
		j += 2
		if u := s.hasAny(j, "月", "小时", "钟头"); u > 0 {
			return s.lengthEnd(i, j+u)
		}
		return p
	}
	if s.has(j, "个多") || s.has(j, "个来") {
		if u := s.hasAny(j+2, "月", "小时", "星期", "礼拜", "钟头"); u > 0 {
			return s.lengthEnd(i, j+2+u)
		}
		return p
	}
	u := s.hasAny(j, units...)
	if u == 0 || s.hasAny(j, "年级", "年代", "天台", "周年", "天然", "分钟内", "年份", "天桥", "天街", "年卡", "周岁", "晚上班") > 0 {
		return p
	}
	if isDigit(s.r[i]) && j-i == 4 && s.r[j] == '年' {
		return p // 2026年
	}
	return s.lengthEnd(i, j+u)
}

func (s sentence) lengthEnd(i, j int) phrase {
	if s.has(j, "半") && s.hasAny(j, "半夜") == 0 && s.r[j-1] == '年' {
		j++
	} else if s.hasAny(j, "多") > 0 && !s.has(j, "多少") {
		j++
	}
	p := phrase{from: i, to: j, length: true}
	if n := s.hasAny(j, "以前", "之前", "前"); n > 0 && s.hasAny(j, "前台", "前面", "前门") == 0 {
		p.to, p.length, p.day = j+n, false, true
	}
	return p
}

// pointAt reads when: a day, a part of it and an hour, each of which may be missing.
func (s sentence) pointAt(i int) phrase {
	p := phrase{from: i, to: i}
	j := s.dayAt(i)
	p.day = j > i
	p.ahead = p.day && s.hasAny(i, "明", "后天", "大后天", "下周", "下个", "下礼拜", "下星期") > 0
	k := j
	if s.has(k, "的") && s.hasAny(k+1, dayparts...) > 0 {
		k++
	}
	if n := s.hasAny(k, dayparts...); n > 0 && s.hasAny(k, "中午饭", "早上班", "晚上班") == 0 {
		k += n
		p.clock = true
		j = k
	}
	if h := s.clockAt(k); h > k && (p.day || p.clock || s.standsAlone(k, h)) {
		p.clock = true
		j = h
		if n := s.hasAny(j, "到", "至", "和"); n > 0 {
			m := j + n + s.hasAny(j+n, append([]string{"第二天", "次日"}, dayparts...)...)
			m += s.hasAny(m, dayparts...)
			if h := s.clockAt(m); h > m {
				j = h
			}
		}
	}
	if j == i {
		if n := s.hasAny(i, spans...); n > 0 {
			p.loose, j = true, i+n
		}
	}
	if j > i {
		j += s.hasAny(j, "那会儿", "那会", "那阵子", "那阵", "那几天", "期间", "到现在", "至今", "到今天")
	}
	if p.clock {
		j += s.hasAny(j, "以后", "之后", "以前", "之前", "左右")
	}
	p.to = j
	return p
}

// dayAt reads a day, a week, a month or a year.
func (s sentence) dayAt(i int) int {
	for _, words := range [][]string{days, festival} {
		if n := s.hasAny(i, words...); n > 0 {
			return i + n
		}
	}
	if n := s.hasAny(i, months...); n > 0 {
		return s.dayOfMonth(i + n)
	}
	if n := s.hasAny(i, weeks...); n > 0 {
		j := i + n
		if d := s.hasAny(j, "一", "二", "三", "四", "五", "六", "日", "天", "末", "1", "2", "3", "4", "5", "6", "7"); d > 0 && s.hasAny(j, "天天", "三天", "一天", "二年", "两", "一个", "一整", "一直", "一次", "一样", "一般") == 0 && !s.has(i-1, "每") {
			return j + d
		}
		if n > 2 || s.has(i, "上周") || s.has(i, "这周") || s.has(i, "本周") {
			return j
		}
		return i
	}
	if n := s.hasAny(i, years...); n > 0 {
		if j := s.dateAt(i + n); j > i+n {
			return j
		}
		return i + n + s.hasAny(i+n, "年初", "年底", "春天", "夏天", "秋天", "冬天", "上半年", "下半年", "以来", "国庆", "春节", "腊月", "正月", "冬月")
	}
	if text, j := s.countText(i); len(text) == 4 && s.has(j, "年") && !s.has(j, "年级") {
		if k := s.dateAt(j + 1); k > j+1 {
			return k
		}
		return j + 1
	}
	return s.dateAt(i)
}

// dateAt reads 三月五号, 11月, 九月份, 二十五号.
func (s sentence) dateAt(i int) int {
	text, j := s.countText(i)
	if text == "" || len(text) > 2 || text > "31" && len(text) == 2 {
		return i
	}
	if n := s.hasAny(j, "月份", "月"); n > 0 {
		if len(text) == 2 && text > "12" {
			return i
		}
		k := j + n
		k += s.hasAny(k, "底", "初", "中旬", "上旬", "下旬")
		return s.dayOfMonth(k)
	}
	return i
}

// dayOfMonth reads 十五号 after a month.
func (s sentence) dayOfMonth(i int) int {
	if day, j := s.countText(i); day != "" && len(day) <= 2 {
		if u := s.hasAny(j, "号", "日"); u > 0 && s.hasAny(j, "号楼", "号线") == 0 {
			return j + u
		}
	}
	return i
}

// clockAt reads 八点, 八点多, 8点半, 两点一刻, 20:30, 三点二十.
func (s sentence) clockAt(i int) int {
	text, j := s.countText(i)
	if text == "" || len(text) > 2 || len(text) == 2 && text > "24" {
		return i
	}
	j += s.hasAny(j, "来", "几")
	if s.hasAny(j, "点", "时") == 0 || s.hasAny(j, "点儿", "点事", "点钱", "点了", "点击", "时候", "时间", "时常", "点名", "点赞", "时不时") > 0 || text == "1" && !isDigit(s.r[i]) && s.hasAny(j, "点都", "点也", "点不", "点没", "点用", "点小", "点办法") > 0 {
		return i
	}
	j++
	if n := s.hasAny(j, "钟多", "多钟", "半钟", "钟", "半", "多", "一刻", "三刻", "整", "来钟", "左右", "前后"); n > 0 {
		if s.has(j, "半夜") {
			return j
		}
		return j + n
	}
	if minutes, k := s.countText(j); minutes != "" && len(minutes) <= 2 && !s.gap[j] && s.hasAny(k, "个", "次", "人", "块", "栋", "米", "天", "回") == 0 {
		if s.has(k, "分") || len(minutes) == 2 {
			return k + s.hasAny(k, "分")
		}
	}
	return j
}

// standsAlone reports whether an hour without its day is one: not 一点, not 三点意见.
func (s sentence) standsAlone(i, j int) bool {
	if s.has(i, "一点") && j == i+2 {
		return false
	}
	if s.hasAny(j, "意见", "建议", "问题", "要求", "希望", "几", "原因", "第") > 0 {
		return false
	}
	return s.endsWith(i, "第", "有", "提", "差", "开到", "延到", "延长到") == 0
}
