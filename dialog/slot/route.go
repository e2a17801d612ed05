package slot

import "strings"

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
	if s.hasAny(i, "一路") > 0 && !s.gap[j+1] || s.hasAny(j, "路口", "路上", "路边") > 0 || j-i < 2 && !isDigit(s.r[i]) && !s.contains("公交", "司机", "班车", "站台", "末班") {
		return false
	}
	return j-i >= 2 || s.gap[i] || s.contains("公交", "司机", "车", "站", "末班")
}

var things = []string{
	"身份证", "社保卡", "银行卡", "公交卡", "老年卡", "驾驶证", "驾照", "护照", "户口本", "学生证", "工作证", "证件", "手机", "钱包", "书包", "背包", "双肩包", "手提包", "公文包", "电脑包", "行李箱", "拉杆箱", "箱子", "行李", "雨伞", "伞", "钥匙", "眼镜", "耳机", "手表", "平板电脑", "平板", "笔记本电脑", "笔记本", "电脑", "相机", "帽子", "围巾", "外套", "衣服", "戒指", "项链", "手镯", "金镯子", "水杯", "保温杯", "袋子", "文件袋", "文件", "资料", "快递", "拐杖", "轮椅", "婴儿车", "助听器", "药", "琴", "包",
}

var colours = []string{"红色", "黑色", "蓝色", "白色", "灰色", "粉色", "绿色", "黄色", "棕色", "红色的", "黑色的", "蓝色的", "白色的", "灰色的"}

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
			from := i - s.endsWith(i, colours...)
			return []Found{s.found(Item, s.text(from, i+n), from, i+n, 0.8)}
		}
	}
	return nil
}
