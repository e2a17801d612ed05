package zh

import "strings"

// unitNames are the units written in letters after a number, the longer before the shorter.
var unitNames = map[string]string{
	"km2": "平方公里", "m2": "平方米", "m3": "立方米", "km/h": "公里每小时", "kWh": "千瓦时", "kwh": "千瓦时", "kW": "千瓦", "kV": "千伏", "V": "伏", "W": "瓦",
	"km": "公里", "KM": "公里", "cm": "厘米", "mm": "毫米", "m": "米", "kg": "公斤", "KG": "公斤", "Kg": "公斤", "mg": "毫克", "g": "克", "ml": "毫升", "mL": "毫升", "L": "升", "t": "吨",
	"MB": "兆", "Mbps": "兆", "M": "兆", "GB": "G B", "h": "小时", "min": "分钟", "s": "秒", "dB": "分贝", "ha": "公顷", "RMB": "元", "Hz": "赫兹",
}

const (
	unitPattern   = `km2|km/h|km|KM|kWh|kwh|kW|kV|kg|KG|Kg|m2|m3|mm|mg|ml|mL|min|m|Mbps|MB|M|cm|g|GB|L|t|h|s|dB|ha|RMB|Hz|V|W`
	numberPattern = `\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?`
)

// amountRules read numbers that count or measure.
func amountRules() []rule {
	return []rule{
		newRule(`([¥$€£])\s*(`+numberPattern+`)\s*(万|亿|千|百)?(元)?`, func(m match) (string, bool) {
			currency := map[string]string{"¥": "元", "$": "美元", "€": "欧元", "£": "英镑"}[m.groups[1]]
			return amount(money(m.groups[2]), m.groups[3]+currency) + m.groups[3] + currency, m.whole()
		}),
		newRule(`(`+numberPattern+`)%%`, func(m match) (string, bool) { return "千分之" + amount(m.groups[1], ""), true }),
		newRule(`(`+numberPattern+`) ?[-~—–至到] ?(`+numberPattern+`)%`, func(m match) (string, bool) {
			return "百分之" + amount(m.groups[1], "") + "到百分之" + amount(m.groups[2], ""), true
		}),
		newRule(`(`+numberPattern+`) ?%`, func(m match) (string, bool) { return "百分之" + amount(m.groups[1], ""), true }),
		newRule(`(\d{1,4})[/⁄](\d{1,4})`, func(m match) (string, bool) {
			a, b := trim(m.groups[1]), trim(m.groups[2])
			return cardinal(b) + "分之" + cardinal(a), m.whole() && (len(a) < len(b) || len(a) == len(b) && a < b)
		}),
		newRule(`(\d+)(号楼|栋|幢|号线|号|楼|层|单元|级|等|班|期|号院|组|版|届|号机|号窗口|环)`, func(m match) (string, bool) {
			return ordinal(m.groups[1]) + m.groups[2], true
		}),
		newRule(`(`+numberPattern+`) ?(`+unitPattern+`)`, func(m match) (string, bool) {
			unit := unitNames[m.groups[2]]
			return amount(m.groups[1], unit) + unit, m.alone()
		}),
		newRule(`(`+numberPattern+`)`, func(m match) (string, bool) {
			if m.follows("第") {
				return ordinal(m.groups[1]), m.whole()
			}
			n := m.groups[1]
			if m.precedes("元") {
				n = money(n)
			}
			return amount(n, countedUnit(m.after)), m.whole()
		}),
		newRule(`\d`, func(m match) (string, bool) { return yao(m.groups[0]), true }),
	}
}

// countedUnit returns the text from the unit on; in 2-3个 it is that of the second number.
func countedUnit(after string) string {
	second := strings.TrimLeft(after, "-~—–至到 ")
	if n := prefix(second, isDigit); n > 0 && len(second) < len(after) {
		second = second[n:]
		return strings.TrimLeft(second, " ")
	}
	return strings.TrimLeft(after, " ")
}

// measures are what follows 两 and not 二.
var measures = strings.Fields(`个 名 位 人 天 年 周 小时 分钟 分 秒 点 次 倍 万 千 亿 元 块 角 米 公里 公斤 千克 克 平 立方 吨 升 毫 厘 度 摄氏度 岁 户 套 间 辆 台 件 份 张 条 页
	家 所 种 项 例 宗 处 亩 座 批 本 盏 根 棵 头 只 口 支 把 袋 瓶 箱 桶 块 片 段 场 季 成 边 者 方 国 地 市 区 县 省 起 步 遍 回 趟 顿 类 大 代 兆 千瓦 瓦 美元 欧元 英镑 工作日 节 门 款 样 班 村 栏 车 词 字`)

// amount reads a number that is followed by a unit or any other text.
func amount(number, unit string) string {
	number = strings.ReplaceAll(number, ",", "")
	if number != "2" {
		return cardinal(number)
	}
	for _, m := range measures {
		if strings.HasPrefix(unit, m) {
			return "两"
		}
	}
	return "二"
}

// ordinal reads a number that names a place in a row: always 二, never 两 for 2 alone.
func ordinal(number string) string { return cardinal(strings.ReplaceAll(number, ",", "")) }

// money leaves out decimals that say nothing: 20.00元 is 二十元.
func money(number string) string {
	if whole, decimals, ok := strings.Cut(number, "."); ok {
		if decimals = strings.TrimRight(decimals, "0"); decimals == "" {
			return whole
		}
		return whole + "." + decimals
	}
	return number
}
