package slot

import (
	"strconv"
	"strings"
)

// Words after which a number is money although no 元 follows it.
var moneyWords = []string{
	"费", "金", "工资", "工钱", "款", "房租", "补贴", "赔偿", "余额", "金额", "一共", "总共", "拢共", "共计", "合计", "总计", "张口", "张口要", "开口要", "张嘴要", "还剩", "剩", "卷走", "坑了", "坑我", "亏了", "骗", "骗了", "骗走", "骗我", "转", "转了", "转账", "转走", "汇了", "充了", "充值", "交", "交了", "付", "付了", "花了", "花", "存了", "存", "投了", "投",
	"欠我", "欠了", "欠", "垫了", "垫", "扣了", "扣我", "扣", "收了", "收我", "收", "要我", "借了", "借", "退我", "退了", "退", "卡里", "预付", "首付", "少给", "少了", "少报", "多报", "多收", "多扣", "多交", "赔我", "赔了", "赔", "损失", "价格", "价", "报价", "给了", "给我", "给", "便宜的", "贵的", "涨到", "罚", "罚了", "罚我", "报销", "卖", "卖我", "租", "要价", "每人", "一个月", "每月", "一年", "才给", "只给", "收到", "要", "办卡", "充", "补", "返利", "返", "奖励", "报销", "要了我", "买了", "买的", "花掉", "收我", "打了", "差", "贵", "便宜", "报名", "一次", "开价", "卡", "票", "一针", "一节", "掏了", "掏", "一人", "一张", "一天", "一晚",
}

// What may follow such a number when it does not end there.
var afterMoney = []string{"没", "不", "还", "就", "才", "了", "先", "给", "到", "被", "说", "全", "都", "也", "算", "打", "押", "违", "定", "检", "罚", "啊", "呢", "吧", "要", "我", "他", "她", "的", "怎", "咋", "是", "至", "左", "拿", "一", "买", "办", "又", "让", "去", "连", "刚", "退", "存", "出", "过", "走", "回", "罢", "元"}

// What follows a number that counts something else than money.
var counters = []string{
	"个", "天", "人", "次", "斤", "公斤", "吨", "平", "米", "公里", "号", "年", "月", "户", "亩", "字", "遍", "升", "度", "路", "名", "份", "张", "套", "辆", "多个", "多人", "多户", "多天", "多次", "多平", "多米", "多年", "里", "楼", "栋", "层", "单元", "点", "周", "岁", "棵", "家", "位", "条", "只", "瓦", "小时", "分", "几", "多斤", "多亩", "多公里", "公里", "多吨", "期", "月份", "种", "台", "部", "趟", "回", "口", "头", "件",
}

// amounts finds sums of money; prices by the unit only where there is no sum.
func (s sentence) amounts() []Found {
	var found, rates []Found
	for i := 0; i < s.len(); i++ {
		if _, ok := digitOf(s.r[i]); !ok && s.r[i] != '十' {
			continue
		}
		value, end, sure := s.amountAt(i)
		if end == i {
			if _, j := s.number(i); j > i {
				i = j - 1
			}
			continue
		}
		if s.endsWith(i, "一平", "一平米", "每平", "每平米", "平方", "一斤", "一吨", "一度", "每度", "每吨", "一公里", "每公里") > 0 {
			rates = append(rates, s.found(Amount, yuan(value), i, end, sure))
		} else {
			found = append(found, s.found(Amount, yuan(value), i, end, sure))
		}
		i = end - 1
	}
	if len(found) == 0 {
		return rates
	}
	return found
}

// amountAt reads a sum at i in hundredths of a yuan.
func (s sentence) amountAt(i int) (hundredths int64, end int, confidence float64) {
	value, j := s.number(i)
	if j == i || value <= 0 {
		return 0, i, 0
	}
	if price := s.priceEach(i, j, value); price > 0 {
		return price, j - 1, 0.8
	}
	k := j + s.hasAny(j, "多", "来", "余", "几")
	if n := s.hasAny(k, "块钱", "元钱", "块", "元", "圆"); n > 0 && s.hasAny(k, "块地", "块儿", "块砖", "块板", "块牌", "块屏", "块玻璃", "块石", "块肉", "元旦", "块田", "块路") == 0 {
		if s.has(k, "块") && n == 1 && value == 100 && s.r[i] == '一' {
			return 0, i, 0 // 一块: together
		}
		end = k + n
		if d, m := s.number(end); n == 1 && s.r[k] == '块' && m == end+1 && d < 1000 && (s.gap[m] || s.hasAny(m, "毛", "一", "的", "钱", "太", "每", "多", "涨", "也", "还", "就", "都", "了", "没", "这", "不") > 0) {
			value, end = value+d/10, m // 三块五
		}
		return value, end, 0.95
	}
	if !s.gap[k] && s.hasAny(k, counters...) > 0 && s.hasAny(k, "平时", "平常", "点开", "家里", "人家") == 0 || !s.countsMoney(i, j) {
		return 0, i, 0
	}
	return value, k, 0.8
}

// priceEach reads the price of one of a thing, 两百一个, where the number from i to j took the 一 for ten
// more; 0 if it is none. Like value it is in hundredths.
func (s sentence) priceEach(i, j int, value int64) int64 {
	if j-i < 3 || s.r[j-1] != '一' || s.hasAny(j, "个", "张", "次", "针", "节", "位", "人", "晚", "单", "斤", "本", "桌") == 0 {
		return 0
	}
	unit := unitOf(s.r[j-2])
	if unit < 100 {
		return 0
	}
	return value - unit/10*100
}

// countsMoney reports whether a bare number from i to j is money: after a word of money, or with 百,
// 千 or 万 where a stretch ends: 拖了四个月，六千八，….
func (s sentence) countsMoney(i, j int) bool {
	large := false
	for _, c := range s.r[i:j] {
		large = large || unitOf(c) >= 100
	}
	if s.endsWith(i, "第", "血压", "血糖", "心率", "体重", "身高", "时速", "开到", "满意度", "尾号", "编号", "后四位") > 0 {
		return false
	}
	tens := (unitOf(s.r[j-1]) == 10 || j-i > 2 && unitOf(s.r[j-2]) == 10 && s.gap[j]) && s.endsWith(i, "收", "罚", "扣", "要", "要我", "要了我", "收我", "收了", "罚了", "扣了", "多收", "涨到", "费", "一人", "每人", "一次", "一张", "一天", "花了", "付了", "交了", "掏了", "收了我", "扣了我", "罚了我", "多付", "多扣") > 0
	if !large && !tens && (j-i < 2 || !isDigit(s.r[i])) {
		return false
	}
	k := j + s.hasAny(j, "多", "来", "余")
	if (large || j-i > 2) && s.hasAny(k, "一台", "一个人", "一张", "一件", "一箱", "一节", "一针", "一桌", "一晚") > 0 {
		return true
	}
	owed := []string{"押金", "定金", "订金", "工资", "工钱", "货款", "首付", "彩礼", "本金"}
	due := k + s.hasAny(k, "的")
	if large && (s.gap[k] || s.endsWith(i, corrections...) > 0 || s.endsWith(i, owed...) > 0 || s.hasAny(due, owed...) > 0 || s.hasAny(k, "呢", "啊", "吧", "呀", "哪") > 0) {
		return true
	}
	if !large && !s.gap[k] && s.hasAny(k, afterMoney...) == 0 && !s.hasNear(k, "费", "金", "款", "钱") {
		return false
	}
	before := i - s.endsWith(i, "了", "是", "共", "还有", "还剩", "只剩", "剩", "大概", "将近", "快", "差不多", "至少", "我", "他", "她", "他们")
	return s.endsWith(i, moneyWords...) > 0 || s.endsWith(before, moneyWords...) > 0
}

// yuan writes hundredths without needless zeros: 3000, 35.5.
func yuan(hundredths int64) string {
	text := strconv.FormatInt(hundredths/100, 10)
	if cents := hundredths % 100; cents > 0 {
		text += "." + strings.TrimRight(strconv.FormatInt(100+cents, 10)[1:], "0")
	}
	return text
}

// spellAmount reads an amount in Chinese numerals: 三万六千元, 三十五点五元.
func spellAmount(value string) string {
	whole, fraction, _ := strings.Cut(value, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return value
	}
	text := spellNumber(n)
	if fraction != "" {
		text += "点" + strings.ReplaceAll(spellDigits(fraction), "幺", "一")
	}
	return text + "元"
}

// spellNumber writes 0…10^13 in Chinese numerals.
func spellNumber(n int64) string {
	if n == 0 {
		return "零"
	}
	var b strings.Builder
	zero := false
	for _, part := range []struct {
		value int64
		unit  string
	}{{100000000, "亿"}, {10000, "万"}, {1, ""}} {
		section := n / part.value
		n %= part.value
		if section == 0 {
			zero = zero || b.Len() > 0
			continue
		}
		if b.Len() > 0 && (zero || section < 1000) {
			b.WriteString("零")
		}
		if section >= 10000 {
			b.WriteString(spellNumber(section))
		} else {
			b.WriteString(spellSection(section, b.Len() == 0))
		}
		b.WriteString(part.unit)
		zero = false
	}
	return b.String()
}

// spellSection writes 1…9999; 十二 rather than 一十二 where it begins a number.
func spellSection(n int64, first bool) string {
	var b strings.Builder
	zero := false
	for _, part := range []struct {
		value int64
		unit  string
	}{{1000, "千"}, {100, "百"}, {10, "十"}, {1, ""}} {
		d := n / part.value
		n %= part.value
		if d == 0 {
			zero = b.Len() > 0
			continue
		}
		if zero {
			b.WriteString("零")
			zero = false
		}
		if !(d == 1 && part.value == 10 && b.Len() == 0 && first) {
			b.WriteRune([]rune("零一二三四五六七八九")[d])
		}
		b.WriteString(part.unit)
	}
	return b.String()
}
