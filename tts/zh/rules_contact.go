package zh

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// isService tells whether a short number is one that is called: emergency numbers and the public
// and company service numbers 121xx, 123xx, 95xxx and 96xxx(x).
var isService = regexp.MustCompile(`^(?:110|119|120|122|114|10000|10010|10086|12110|12[13]\d\d|12530|95\d{3}|96\d{3,4})$`)

// counted are words that make the figures before them an amount and not a number to call, moments
// those that do so after short numbers only: 110号 is a house, but 拨12345到现场 is not an amount.
var (
	counted = strings.Fields("元 块 角 个 名 位 人 户 次 平方 平米 立方 米 公里 千克 公斤 克 斤 吨 度 岁 倍 余 多 套 辆 台 件 份 张 页 种 项 万 亿 百 千 例 宗 亩 毫 升 座 栋 ℃ %")
	moments = strings.Fields("天 年 月 日 号 时 秒 分 小时 周 几 间 层 楼 路 室 条 家 所 起 处 批 期 以上 以下 以内 至 到")
)

// serviceNumber spells a number that is called. 12345 is named as in its slogan, 一二三四五，有事找政府;
// the others are dictated with 幺.
func serviceNumber(digits string) string {
	if digits == "12345" {
		return plain(digits)
	}
	return yao(digits)
}

// contactRules read what identifies: telephone numbers, documents, accounts, plates, addresses of
// the network.
func contactRules(f *Frontend) []rule {
	named := identifiers()
	return []rule{
		newRule(`[A-Za-z0-9][A-Za-z0-9._-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`, f.address),
		newRule(`(?:[A-Za-z0-9-]+\.)+(?:com|cn|net|org|gov|example|edu|top)(?:/[!-~]*)?`, f.address),
		newRule(`(\d{17}[\dXx])`, func(m match) (string, bool) { // identity card
			id := m.groups[1]
			said := grouped(id[:17], 6, 8, 3)
			if last := id[17:]; isDigit(rune(last[0])) {
				return said + yao(last), m.alone()
			}
			return said + "X", m.alone()
		}),
		newRule(`(?:\+?86[- ]?)?(1[3-9]\d)[- ]?(\d{4})[- ]?(\d{4})`, func(m match) (string, bool) {
			return grouped(m.groups[1]+m.groups[2]+m.groups[3], 3, 4), m.whole()
		}),
		newRule(`[A-Za-z0-9]{8,}`, func(m match) (string, bool) { // VIN, serial number
			return f.serial(m.groups[0]), m.alone() && mixed(m.groups[0])
		}),
		newRule(`(\d{1,2})·(\d{1,2})`, func(m match) (string, bool) { // 5·1
			if m.groups[0] == "3·15" {
				return "三幺五", m.whole()
			}
			return plain(m.groups[1] + m.groups[2]), m.whole()
		}),
		newRule(`\d{4}(?: \d{4})+(?: \d{1,3})?`, func(m match) (string, bool) { // a card as printed
			return dictated(m.groups[0]), m.whole()
		}),
		newRule(`(\d{1,3})#(楼|栋|幢)?`, func(m match) (string, bool) { return cardinal(m.groups[1]) + "号" + m.groups[2], true }),
		newRule(`(\d+)\*+(\d+)`, func(m match) (string, bool) { // 138****1234
			return yao(m.groups[1]) + "，尾号" + yao(m.groups[2]), m.whole()
		}),
		newRule(`\(?(0\d{2,3})\)?[- ]?(\d{7,8}|\d{3,4}[- ]\d{4})(?:(?:-|转| 转)(\d{1,6}))?`, func(m match) (string, bool) {
			said := yao(m.groups[1]) + "，" + local(m.groups[2])
			if m.groups[3] != "" {
				said += "，转" + yao(m.groups[3])
			}
			return said, m.whole()
		}),
		newRule(`([48]00)[- ]?(\d{3})[- ]?(\d{4})`, func(m match) (string, bool) {
			return grouped(m.groups[1]+m.groups[2]+m.groups[3], 3, 3, 4), m.whole()
		}),
		newRule(`([`+provinces+`])([A-Z])[·•. -]?([A-HJ-NP-Z0-9]{5,6})`, func(m match) (string, bool) { // number plate
			return m.groups[1] + m.groups[2] + " " + f.code(m.groups[3]), m.alone() && strings.ContainsAny(m.groups[3], "0123456789")
		}),
		newRule(`(\d+)[-—](\d+)[-—](\d+)`, func(m match) (string, bool) { // 3-2-501
			return cardinal(m.groups[1]) + "杠" + cardinal(m.groups[2]) + "杠" + room(m.groups[3]), m.whole() && len(m.groups[1]) <= 2 && len(m.groups[2]) <= 2 && len(m.groups[3]) >= 3
		}),
		newRule(`(\d{1,2})[-—](\d{3,4})`, func(m match) (string, bool) { // 2-501
			return cardinal(m.groups[1]) + "杠" + room(m.groups[2]), m.whole() && m.follows("楼", "栋", "幢", "座", "区", "小区", "园", "苑")
		}),
		newRule(`\d+`, func(m match) (string, bool) { // named by the words before
			ok := m.whole() && m.follows(named...)
			if isService.MatchString(m.groups[0]) {
				return serviceNumber(m.groups[0]), ok
			}
			return dictated(m.groups[0]), ok && !m.isAmount()
		}),
		newRule(`\d{3,6}`, func(m match) (string, bool) {
			called := m.whole() && isService.MatchString(m.groups[0]) && !m.isAmount()
			if len(m.groups[0]) == 3 && (!m.alone() || m.follows("第", "共", "约", "近", "达", "过", "于", "每", "满")) {
				called = false
			}
			return serviceNumber(m.groups[0]), called
		}),
		newRule(`(\d{3,4})(室|房|号房)`, func(m match) (string, bool) { return room(m.groups[1]) + m.groups[2], true }),
		newRule(`\d{3,4}`, func(m match) (string, bool) {
			return room(m.groups[0]), m.whole() && m.follows("座", "单元", "栋", "幢", "号楼") && !m.isAmount()
		}),
		newRule(`(\d+)(路|次)(公交|车|班车|列车)?`, func(m match) (string, bool) { // bus route, train
			ok := m.groups[2] == "路" && !m.precedes("口") || m.groups[3] != ""
			if len(m.groups[1]) < 3 {
				return ordinal(m.groups[1]) + m.groups[2] + m.groups[3], ok
			}
			return yao(m.groups[1]) + m.groups[2] + m.groups[3], ok
		}),
		newRule(`(\d+)(?:[.](\d+)){2,}`, func(m match) (string, bool) { // version, network address
			var said []string
			for _, n := range strings.Split(m.groups[0], ".") {
				said = append(said, plain(n))
			}
			return strings.Join(said, "点"), m.whole()
		}),
		newRule(`\d{7,}`, func(m match) (string, bool) {
			return dictated(m.groups[0]), m.alone() && !m.precedes(".") && !m.isAmount()
		}),
	}
}

// identifiers are the words after which figures are dictated one by one.
func identifiers() []string {
	var all []string
	for _, w := range []string{
		"工单号", "单号", "编号", "号码", "卡号", "账号", "帐号", "尾号", "验证码", "密码", "流水号", "证号", "代码", "学号", "户号", "工号",
		"车架号", "手机号", "手机", "电话", "热线", "拨打", "致电", "拨", "分机", "邮编", "房号", "门牌", "转接", "查询码", "取件码", "受理号", "回执号", "转",
	} {
		all = append(all, w, w+"：", w+":", w+"是", w+"为", w+"后四位", w+"后四位是")
	}
	return all
}

// isAmount tells whether the text goes on as after an amount.
func (m match) isAmount() bool {
	after := strings.TrimLeft(m.after, " ")
	if sign, size := utf8.DecodeRuneInString(after); size > 0 && strings.ContainsRune("-~—–.,/", sign) {
		return digitAfter(match{after: after[size:]})
	}
	if m.precedes("人工", "人员", "百姓") {
		return false
	}
	return m.precedes(counted...) || len(m.groups[0]) <= 4 && m.precedes(moments...)
}

// mixed tells whether letters and figures change more than once.
func mixed(s string) bool {
	changes := 0
	for i := 1; i < len(s); i++ {
		if isDigit(rune(s[i])) != isDigit(rune(s[i-1])) {
			changes++
		}
	}
	return changes > 1
}

// local spells a subscriber number: eight digits in fours, seven in three and four.
func local(digits string) string {
	if digits = onlyDigits(digits); len(digits) == 7 {
		return grouped(digits, 3, 4)
	}
	return grouped(digits, 4)
}

// room spells a room number.
func room(digits string) string { return yao(digits) }
