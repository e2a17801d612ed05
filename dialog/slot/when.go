package slot

import "strings"

// when chooses the time that a narration is about: when it happened or how long it has lasted,
// rather than periods that are promised, bought or allowed.
func (s sentence) when() []Found {
	best, bestScore := phrase{}, 0
	for _, p := range s.phrases() {
		score := s.timeScore(p)
		if score <= 0 {
			continue
		}
		if score > bestScore || s.corrected(best.to, p.from) {
			best, bestScore = p, score
		}
	}
	if bestScore == 0 {
		return nil
	}
	f := s.found(Time, s.text(best.from, best.to), best.from, best.to, 0.5+0.1*float64(bestScore))
	return []Found{f}
}

// Words before and after a period that tell what it is.
var (
	lasted     = []string{"都", "已经", "已", "有", "快", "等了", "拖了", "拖", "拖欠了", "排了", "排队", "干了", "做了", "停了", "断了", "连着", "连续", "失踪", "走失", "走丢", "超过", "欠了", "欠", "坏了", "漏了", "关了", "黑了", "堵了", "吵了", "打了", "跑了", "办了", "申请了", "交了", "补了", "签了", "提交都", "了", "去", "整整", "将近", "差不多", "足足", "至少", "前后", "交上去", "没", "水", "电", "的事", "里"}
	promised   = []string{"说", "说好", "说好的", "说是", "承诺", "答应", "最多", "每", "办卡", "规定", "通知", "要", "还要", "还得", "合同", "续了", "为期", "一共", "保修", "质保", "最长", "续", "限", "限期", "再等", "再", "等"}
	goesOn     = []string{"了", "没", "不", "都", "还没", "还不", "见底", "以来", "过去", "一直", "停", "联系", "才", "也没", "没人", "还"}
	afterwards = []string{"内", "以内", "之内", "一次", "合约", "合同", "回话", "就", "班", "年卡", "卡", "假", "以后", "后", "的会员", "会员", "期", "的课", "课时", "的孩子", "大", "的娃", "多大", "质保", "保修", "一趟", "一班", "办结", "一换", "岁", "龄", "出", "几趟", "一个", "进", "的", "中介费", "工资", "房租", "租金", "押金", "的工资", "物业费", "试用"}
)

// timeScore says how likely a phrase is the time of what happened: 0 for not at all.
func (s sentence) timeScore(p phrase) int {
	switch {
	case p.ahead, s.endsWith(p.from, "开到", "延到", "延长到", "推到", "改到") > 0:
		return 0
	case p.length:
		return s.lengthScore(p)
	case p.loose:
		return 1
	case p.clock:
		return 4
	case s.hasAny(p.from, "今年", "明年", "这个月", "本月", "周末", "月底", "寒假", "暑假") > 0 && p.to-p.from <= 3, s.endsWith(p.from, "成", "写着", "标的") > 0:
		return 0
	case s.has(p.from, "去年"):
		return 1
	}
	return 3
}

func (s sentence) lengthScore(p phrase) int {
	before := s.endsWith(p.from, lasted...) > 0
	promise := s.endsWith(p.from, promised...)
	strong := s.endsWith(p.from, "都", "已经", "已", "快", "连着", "连续", "等了", "拖了", "排了", "停了", "断了", "干了") > 0
	after := s.hasAny(p.to, goesOn...) > 0
	switch {
	case s.has(p.from, "一天") && p.to-p.from == 2 && !s.hasNear(p.to, "没"), s.has(p.from, "几年"), s.hasAny(p.from, "半天") > 0:
		return 0
	case strong:
		return 4
	case promise > 0 && promise >= s.endsWith(p.from, lasted...):
		return 0
	case s.hasAny(p.to, afterwards...) > 0:
		return 0
	case before && (after || s.gap[p.to]), after:
		return 3
	case before:
		return 2
	case s.gap[p.to] && s.gap[p.from], s.gap[p.to]:
		return 1
	}
	return 0
}

func (s sentence) hasNear(i int, words ...string) bool {
	for j := i; j < i+3; j++ {
		if s.hasAny(j, words...) > 0 {
			return true
		}
	}
	return false
}

// Routes: a bus by its number, a metro line by its name.

// routes finds bus routes and metro lines: 二路车, 公交三路, 108路公交, 一百零八路, K1路, 地铁二号线.
func (s sentence) routes() []Found {
	var found []Found
	for i := 0; i < s.len(); i++ {
		letter := i
		if s.r[i] >= 'A' && s.r[i] <= 'Z' {
			letter++
		}
		text, j := s.countText(letter)
		if text == "" || len(text) > 4 || s.broken(i, j) {
			continue
		}
		if n := s.hasAny(j, "路公交车", "路公交", "路车", "路线", "路"); n > 0 && s.busAt(i, j, n) {
			found = append(found, s.found(Route, s.text(i, letter)+text, i, j+n, 0.9))
			i = j + n - 1
			continue
		}
		if n := s.hasAny(j, "号线"); n > 0 {
			from := i - s.endsWith(i, "地铁")
			found = append(found, s.found(Route, "地铁"+spellLine(text)+"号线", from, j+n, 0.9))
			i = j + n - 1
			continue
		}
		i = max(i, j-1)
	}
	return found
}

func spellLine(digits string) string {
	return strings.ReplaceAll(spellNumber(int64(atoi(digits))), "元", "")
}

func atoi(digits string) int {
	n := 0
	for _, c := range digits {
		n = n*10 + int(c-'0')
	}
	return n
}

// busAt tells a bus route from a road of that name (云谷一路, 经二路) and from 一路 all the way.
func (s sentence) busAt(i, j, n int) bool {
	if n > 1 || s.endsWith(i, "公交", "坐", "乘", "公交车", "等", "换乘", "公交是") > 0 {
		return s.hasAny(i, "一路上") == 0
	}
	if s.hasAny(j, "路口", "路上", "路边") > 0 || j-i < 2 && !isDigit(s.r[i]) && !s.contains("公交", "司机", "班车", "站台", "末班") {
		return false
	}
	return s.gap[i] || s.contains("公交", "司机", "班车", "站台", "末班", "车号")
}

// Lost things.

var things = []string{
	"身份证", "社保卡", "银行卡", "公交卡", "老年卡", "驾驶证", "驾照", "护照", "户口本", "学生证", "工作证", "证件", "手机", "钱包", "书包", "背包", "双肩包", "手提包", "公文包", "电脑包", "行李箱", "拉杆箱", "箱子", "行李", "雨伞", "伞", "钥匙", "眼镜", "耳机", "手表", "平板电脑", "平板", "笔记本电脑", "笔记本", "电脑", "相机", "帽子", "围巾", "外套", "衣服", "戒指", "项链", "手镯", "金镯子", "水杯", "保温杯", "袋子", "文件袋", "文件", "资料", "快递", "拐杖", "轮椅", "婴儿车", "助听器", "药", "琴", "包",
}

// items finds what was left behind or lost in a vehicle or a public place.
func (s sentence) items() []Found {
	if !s.contains("落在", "忘在", "丢在", "掉在", "拉在", "遗落", "失物", "忘拿", "落车上", "丢车上", "忘车上", "落到", "丢了", "弄丢", "不见了", "找不着", "掉了", "忘了拿") {
		return nil
	}
	if !s.contains("车", "地铁", "公交", "站", "机场", "公园", "广场", "大厅", "医院", "商场", "路上", "景区") {
		return nil
	}
	for i := range s.r {
		if n := s.hasAny(i, things...); n > 0 {
			from := i - s.endsWith(i, "红色", "黑色", "蓝色", "白色", "灰色", "粉色", "绿色", "黄色", "棕色")
			return []Found{s.found(Item, s.text(from, i+n), from, i+n, 0.8)}
		}
	}
	return nil
}
