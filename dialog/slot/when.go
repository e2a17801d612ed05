package slot

// when chooses the time that a narration is about: when it happened or how long it has lasted,
// rather than periods that are promised, bought or allowed.
func (s sentence) when(told []phrase) []Found {
	best, bestScore := phrase{}, 0
	for _, p := range told {
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
	goesOn     = []string{"了", "没", "不", "都", "还没", "还不", "见底", "以来", "过去", "一直", "停", "联系", "才", "也没", "没人", "还", "坏", "断", "漏"}
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
	strong := s.endsWith(p.from, "都", "已经", "已", "快", "连着", "连续", "等了", "拖了", "排了", "停了", "断了", "干了", "拖欠我们", "拖欠我", "欠我们", "欠我", "压我们", "压了我们") > 0
	after := s.hasAny(p.to, goesOn...) > 0
	switch {
	case s.has(p.from, "一天") && p.to-p.from == 2 && !s.hasNear(p.to, "没"), s.has(p.from, "几年"), s.hasAny(p.from, "半天") > 0:
		return 0
	case strong:
		return 4
	case s.endsWith(p.from, "等") > 0 && s.has(p.to, "了"), s.has(p.to, "就") && s.endsWith(p.from, "用", "用了", "住", "住了", "穿", "穿了", "骑", "骑了", "开了", "装了", "买了", "买回来", "才", "没", "没过", "不到") > 0:
		return 3
	case promise > 0 && promise >= s.endsWith(p.from, lasted...):
		return 0
	case !s.gap[p.to] && s.hasAny(p.to, afterwards...) > 0:
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
