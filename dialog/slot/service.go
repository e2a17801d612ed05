package slot

import "slices"

// The services that save lives and property, with what calls for them. The first that fits counts,
// so gas and fire come before the people who lie there because of them, and somebody who lies hurt
// before the crime that did it.
var services = []struct {
	number string
	named  []string // asked for outright
	signs  []string
}{
	{"120", []string{"打120", "打一二零", "幺二零", "救护车", "叫120"}, []string{
		"煤气中毒", "烧炭", "碳火", "炭火", "炭盆", "一氧化碳中毒", "食物中毒", "中毒", "农药", "昏迷", "晕倒", "晕在", "晕过去", "昏倒", "昏过去", "没有呼吸", "没呼吸", "不喘气", "喘不上气", "上不来气", "喘不过气", "呼吸困难", "心脏病", "心梗", "心口疼", "胸口疼", "胸疼", "脑溢血", "中风", "抽搐", "抽风", "抽过去", "口吐白沫", "吐白沫", "吐血", "大出血", "止不住血", "血止不住", "流血", "好多血", "满头是血", "满脸是血", "骨折", "摔了", "摔下", "摔伤", "摔倒", "撞车", "车祸", "撞人", "被撞", "撞了", "撞倒", "要生了", "快生了", "羊水", "过敏", "休克", "噎住", "卡住喉咙", "卡喉咙", "叫不醒", "没意识", "没反应", "不省人事", "安眠药", "吃错药", "烫伤", "烧伤", "触电", "电着", "毒蘑菇", "野蘑菇", "蛇咬", "割腕", "心跳", "脸都紫", "嘴唇发紫", "老年人摔", "动不了", "抢救", "急救", "抽起来", "高烧", "四十度", "四十一度", "喷血", "断气", "噎着", "窒息", "嘴歪", "不会说话", "说不出话", "叫不应", "喊不应", "叫也不应", "腿断", "断了腿", "起不来", "烫了", "皮都掉", "心绞痛", "低血糖", "破水", "摔成",
	}},
	{"119", []string{"打119", "打一一九", "幺幺九", "叫119", "消防"}, []string{
		"着火", "起火", "失火", "火苗", "冒火", "大火", "烧起来", "在烧", "烧着", "火灾", "着了", "冒烟", "黑烟", "浓烟", "全是烟", "有烟味", "烟味", "爆炸", "燃气味", "煤气味", "燃气泄漏", "煤气泄漏", "漏气", "煤气漏", "燃气漏", "天然气味", "瓦斯", "气管挖破", "挖破", "电梯困", "困在电梯", "困电梯", "困住", "被困", "卡在", "出不来", "关在电梯", "掉水里", "落水", "掉河里", "掉进", "掉井", "溺水", "淹", "洪水", "塌了", "坍塌", "倒塌", "垮了", "埋", "压住", "压着", "毒气", "滑坡", "泥石流", "下不来", "上不来", "下水道有", "危化品", "化学品", "液化气", "煤气罐", "马蜂", "燃气", "煤气", "天然气", "高压线", "电线掉", "电线断", "冒火花", "打火花", "电梯里", "电梯掉", "电梯往下", "电梯停", "水里", "河里", "江里", "湖里", "塘里", "井里", "池里", "库里", "云江里", "冲走", "沉下去", "冰面", "夹住", "绞住", "拔不出来",
	}},
	{"110", []string{"打110", "打一一零", "幺幺零", "报警", "叫警察", "110"}, []string{
		"骗", "转账", "刀", "打架", "打人", "被打", "砍", "杀", "抢", "偷", "撬", "翻墙", "翻窗", "闯", "跟踪", "尾随", "绑架", "走丢", "走失", "不见了", "找不到人", "找不着", "找不见", "没回家", "没回来", "没见回", "失踪", "跳楼", "不想活", "自杀", "轻生", "想死", "活不下去", "天台", "跳河", "跳江", "跳桥", "遗书", "可疑", "炸弹", "传销", "被关", "家暴", "强奸", "猥亵", "非礼", "威胁", "拐", "抱走", "劫持", "砸", "打我", "打老婆", "打孩子", "动手", "堵门", "醉", "救命", "怕出事", "围着打", "离家出走", "勒索",
	}},
}

// Words of a wish to die call for the police before anything else: they hold, ambulances follow.
var wishToDie = []string{"跳楼", "不想活", "自杀", "轻生", "想死", "活不下去", "跳河", "跳江", "跳桥", "遗书", "站在天台", "天台边", "栏杆外", "楼顶边", "往下跳", "跳下去", "要跳", "边沿", "寻死", "结束生命", "结束自己", "了结自己", "不想再活", "要割", "想割", "要上吊", "想上吊", "要喝药", "要喝农药", "要吃药", "要烧炭", "一了百了", "割腕自"}

// service says who must come: "" when nothing of the sort is told.
func (s sentence) service() (number string, from, to int) {
	for _, v := range services {
		for i := range s.r {
			if n := s.hasAny(i, v.named...); n > 0 && s.endsWith(i, "不用", "不要", "没") == 0 {
				return v.number, i, i + n
			}
		}
	}
	if i, n := s.first(wishToDie); n > 0 {
		return "110", i, i + n
	}
	for _, v := range services {
		if i, n := s.first(v.signs); n > 0 {
			return v.number, i, i + n
		}
	}
	return s.heardService()
}

// heardService goes by the sound of the signs when none is written, the longer first: 煤乞味 is 煤气味.
func (s sentence) heardService() (number string, from, to int) {
	heard := soundsOf(s.r)
	longest := 1
	for _, v := range services {
		for _, sign := range v.signs {
			sounds := soundsOf([]rune(sign))
			if n := len(sounds); n > longest {
				if i := indexOf(heard, sounds); i >= 0 {
					number, from, to, longest = v.number, i, i+n, n
				}
			}
		}
	}
	return number, from, to
}

// indexOf returns where one list is within another, -1 if it is not.
func indexOf(list, part []string) int {
	for i := 0; i+len(part) <= len(list); i++ {
		if slices.Equal(list[i:i+len(part)], part) {
			return i
		}
	}
	return -1
}

// policeByDefault is who is called in an emergency of no known sort: the police pass it on.
const policeByDefault = "110"

// first finds the first of the words that is not denied: 不是要自杀.
func (s sentence) first(words []string) (at, length int) {
	for i := range s.r {
		if n := s.hasAny(i, words...); n > 0 && s.endsWith(i, "不是", "不是要", "没有", "没", "不是想", "又不", "不会", "不", "睡") == 0 {
			return i, n
		}
	}
	return 0, 0
}
