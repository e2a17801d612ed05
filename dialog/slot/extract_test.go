package slot_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/hotline-cc/hotline/dialog/slot"
	"golang.org/x/text/unicode/norm"
)

func TestSlotsInNarration(t *testing.T) {
	c := demo(t)
	for _, tt := range []struct {
		name, act, text string
		want            map[string]string
	}{
		{"a district is taken back", "complain", "东湖区的 不对是南浦区 杏花路那边", m("district", "南浦区", "address", "杏花路")},
		{"a district is excluded", "followup", "是南浦区不是东湖区", m("district", "南浦区")},
		{"a place is taken back", "complain", "在文汇路 不是 文慧路 路灯不亮", m("address", "文慧路")},
		{"a misheard place is said again", "complain", "在其林郡 麒麟郡三栋", m("address", "麒麟郡3栋")},
		{"a work order is taken back", "followup", "单号二六幺零二零 不对 二六幺幺零五零零七幺九七", m("ticket", "261105007197")},
		{"a sum is taken back", "complain", "押金两千 不对 三千没退", m("amount", "3000")},
		{"a work order with one digit wrong is none", "followup", "单号二六幺零二零零零零三幺八", m()},
		{"a village keeps its town", "complain", "马蔺镇梨圈村没水", m("address", "马蔺镇梨圈村")},
		{"two roads meet", "complain", "建设路跟站前路路口的灯坏了", m("address", "建设路站前路路口")},
		{"a place that is only where a bus goes", "suggest", "给铁佛那一片开一条到一院的公交", m("address", "铁佛街道")},
		{"a sum is not a place", "complain", "停车收我十六元", m("amount", "16")},
		{"the sound alone finds a place", "complain", "芯谷寓旁边的心愿路堵车", m("address", "芯园路")},
		{"a school that is complained of", "complain", "江湾小学乱收费四百八", m("org", "江湾小学", "amount", "480")},
		{"a school where something happens", "complain", "江湾小学门口堵车", m("address", "江湾小学")},
		{"a school in an emergency", "emergency", "江湾小学着火了", m("address", "江湾小学", "service", "119")},
		{"a shop by its name", "report", "东风大道龙门阵火锅用地沟油", m("address", "东风大道", "org", "龙门阵火锅")},
		{"a shop without a name", "report", "有一家火锅店用地沟油", m()},
		{"what is bought is no time", "complain", "签了两年合约", m()},
		{"how long it has lasted", "complain", "说三天回话 都七天了", m("time", "七天")},
		{"what lies ahead is no time", "complain", "停电两天了 明天还要考试", m("time", "两天")},
		{"a promised surname", "praise", "表扬王师傅", m("person", "王师傅")},
		{"a plate in small letters", "report", "车牌云z d四零三七 乱停", m("plate", "云ZD4037")},
		{"a lost thing", "followup", "我的书包忘在108路公交上了", m("route", "108", "item", "书包")},
		{"a wish to die calls for the police", "emergency", "我站在渡桥大桥上不想活了", m("address", "渡桥大桥", "service", "110")},
		{"nothing is taken from out of scope", "out_of_scope", "帮我写篇三百字的作文", m()},
		{"full-width letters and digits", "followup", "电话改成１５４００００６２２７", m("phone", "15400006227")},
		{"a price for each", "report", "号贩子一张号两百一个", m("amount", "200")},
		{"a pause ends a sum", "complain", "我交了三万八 十天了没动静", m("amount", "38000", "time", "十天")},
		{"both ends of a ride are no place", "complain", "从高铁站到云泰广场要了我八十", m("amount", "80")},
		{"a filler before a thing", "complain", "云谷一路 那个 工地灰大", m("address", "云谷一路")},
		{"a sign of danger by its sound", "emergency", "屋里煤乞味儿特别冲", m("service", "119")},
		{"water somebody fell into", "emergency", "小孩掉云江里了", m("address", "云江", "service", "119")},
		{"a person by an office", "report", "马蔺村村长王建国把低保给了他亲弟弟", m("address", "马蔺村", "person", "王建国")},
		{"a sum after a word of taking", "complain", "中介卷走两万三就没影了", m("amount", "23000")},
		{"a sum before what it was for", "complain", "交了六万首付他们不认", m("amount", "60000")},
		{"a numeral with its measure word", "complain", "退款拖了俩礼拜了", m("time", "俩礼拜")},
		{"a whole part of a day", "complain", "排了一上午没轮到", m("time", "一上午")},
		{"a time around a feast", "complain", "中秋那阵子买的月饼发霉", m("time", "中秋那阵子")},
		{"a time up to now", "complain", "今年三月到现在没发工资", m("time", "今年三月到现在")},
		{"a name after a preposition", "complain", "跟海棠旅行社签的合同 到了不认", m("org", "海棠旅行社")},
		{"a name after a role", "complain", "开发商瑞和置业不给退", m("org", "瑞和置业")},
		{"a name that begins with new", "complain", "在新泰劳务干活不给钱", m("org", "新泰劳务")},
		{"an insult is no name", "complain", "楼道里看着吓人物业不修", m()},
		{"a name is put right", "followup", "登记错了 是李国华不是李国花", m("person", "李国华")},
		{"somebody of a village", "report", "冒领低保的是梨圈村的赵满仓", m("address", "梨圈村", "person", "赵满仓")},
		{"a window is no building", "complain", "政务大厅6号窗口把材料弄丢了", m("org", "云州市政务服务中心")},
		{"traditional characters", "report", "雲Z8B315 亂停 長樂西路", m("address", "长乐西路", "plate", "云Z8B315")},
		{"who fell asleep does not burn", "emergency", "我爸睡着了叫不醒", m("service", "120")},
		{"who has not come home", "emergency", "孩子放学到现在没回家", m("service", "110")},
		{"an ID among words", "followup", "身份证号11010519491231002X帮我补上", m("id_card", "11010519491231002X")},
		{"a VIN among words", "ask", "车架号L零ZA二B幺CXN五零零零幺二三", m("vin", "L0ZA2B1CXN5000123")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c.Act = tt.act
			if diff := cmp.Diff(tt.want, values(slot.Extract(tt.text, c))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func m(pairs ...string) map[string]string {
	out := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = pairs[i+1]
	}
	return out
}

func TestPlacesOfOneNameComeAsCandidates(t *testing.T) {
	for _, f := range slot.Extract("幸福小区停水三天了", demo(t)) {
		if f.Kind != slot.Address {
			continue
		}
		if len(f.Places) != 2 {
			t.Errorf("got %+v, want both districts", f.Places)
		}
		return
	}
	t.Error("no address found")
}

func TestGazetteerRefusesWhatItCannotUse(t *testing.T) {
	const head = "id\ttype\tname\tparent_id\taliases\tasr_confusions\n"
	for _, tt := range []struct{ name, text, want string }{
		{"no header", "yz\tcity\t云州市\t\t\t\n", "g.tsv:1:"},
		{"too few columns", head + "yz\tcity\n", "g.tsv:2: 应有 6 列"},
		{"an unknown type", head + "yz\tplanet\t云州市\t\t\t\n", "g.tsv:2: 未知类型 planet"},
		{"an id twice", head + "yz\tcity\t云州市\t\t\t\nyz\tcity\t云州\t\t\t\n", "g.tsv:3: 编号 yz 与第 2 行重复"},
		{"a parent that is missing", head + "dh\tdistrict\t东湖区\tyz\t\t\n", "g.tsv:2: 上级 yz 不存在"},
		{"a parent that is smaller", head + "yz\tcity\t云州市\tdh\t\t\ndh\tdistrict\t东湖区\t\t\t\n", "g.tsv:2: 上级 东湖区 不比"},
		{"an empty name", head + "yz\tcity\t\t\t\t\n", "g.tsv:2: 编号和名称不能为空"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := slot.ReadGazetteer("g.tsv", strings.NewReader(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s…", err, tt.want)
			}
		})
	}
}

func TestOrganisationsRefuseWhatTheyCannotUse(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"no YAML", "departments: [", "not valid YAML"},
		{"no list", "version: 1\n", "d.yaml: departments"},
		{"an empty name", "departments:\n- id: a\n  name: 市水利局\n- id: b\n", "d.yaml:4:"},
		{"an id twice", "departments:\n- id: a\n  name: 市水利局\n- id: a\n  name: 市民政局\n", "d.yaml:4: 编号 a 与第 2 行重复"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := slot.ReadOrganisations("d.yaml", strings.NewReader(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// FuzzExtract holds that what is found stands where it says, at most once per kind, and that
// numbers with a form have that form.
func FuzzExtract(f *testing.F) {
	for _, u := range utterances(f)[:60] {
		f.Add(u.text, u.act)
	}
	f.Add("云ZD4037三个八双六幺五四不对不是", "complain")
	c := demo(f)
	f.Fuzz(func(t *testing.T, text, act string) {
		c.Act = act
		seen := map[slot.Kind]bool{}
		length := utf8.RuneCountInString(norm.NFKC.String(strings.ToValidUTF8(text, "")))
		for _, found := range slot.Extract(text, c) {
			if seen[found.Kind] {
				t.Errorf("%s twice", found.Kind)
			}
			seen[found.Kind] = true
			if p := slot.Validate(found.Kind, found.Value); p != "" {
				t.Errorf("%s %q: %s", found.Kind, found.Value, p)
			}
			if found.Start < 0 || found.Start >= found.End || found.End > length {
				t.Errorf("%s stands at %d to %d of %d", found.Kind, found.Start, found.End, length)
			}
		}
	})
}

// FuzzCapture holds that a capture has a value or a problem, that values are valid and read back,
// and that a value told again is the same.
func FuzzCapture(f *testing.F) {
	kinds := []slot.Kind{
		slot.District, slot.Address, slot.Time, slot.Person, slot.Phone, slot.Landline, slot.Org, slot.Plate, slot.Ticket, slot.Amount,
		slot.Route, slot.VIN, slot.Item, slot.Service, slot.IDCard, slot.CreditCode, slot.BankCard, slot.YesNo, slot.Choice,
	}
	for i := range kinds {
		f.Add(uint8(i), "幺五四 零零零零 不对 后四位是幺二三四", "1540000")
		f.Add(uint8(i), "幸福小区六号楼 东湖区 云Z D4037 下周三下午三点", "")
	}
	c := demo(f)
	c.Options = []string{"东湖区幸福小区", "西岭区幸福小区"}
	f.Fuzz(func(t *testing.T, which uint8, text, partial string) {
		k := kinds[int(which)%len(kinds)]
		got := slot.Capture(k, text, c, partial)
		switch {
		case got.Value == "" && got.Problem == "":
			t.Fatal("neither value nor problem")
		case got.Value != "" && got.Problem != "":
			t.Fatalf("both %q and %s", got.Value, got.Problem)
		case got.Value == "":
			return
		}
		if p := slot.Validate(k, got.Value); p != "" {
			t.Errorf("%s %q: %s", k, got.Value, p)
		}
		if got.Spoken == "" {
			t.Errorf("%s %q is not read back", k, got.Value)
		}
		switch k {
		case slot.Phone, slot.Ticket, slot.IDCard, slot.VIN, slot.CreditCode, slot.BankCard, slot.Plate, slot.Landline:
			if again := slot.Capture(k, got.Value, c, ""); again.Value != got.Value {
				t.Errorf("%s %q told again is %+v", k, got.Value, again)
			}
		}
	})
}

func BenchmarkExtract(b *testing.B) {
	c := demo(b)
	c.Act = "complain"
	for b.Loop() {
		slot.Extract("我要投诉 我们楼下那个工地 半夜两点还在打混凝土 吵得一家人没法睡 在秀水名邸旁边 南浦区的 电话幺五四零零零零幺二三四", c)
	}
}

// The bound leaves room for the race detector on a busy machine; without both it is 0.3 s.
func TestPastesOfAnySizeAreReadInBoundedTime(t *testing.T) {
	c := demo(t)
	c.Act = "emergency"
	for _, unit := range []string{"一", "1", "不是东湖区", "云Z", "双一三个八", "幸福小区六号楼", "要一林零", "今天三点到"} {
		start := time.Now()
		text := strings.Repeat(unit, 1<<20/len(unit))
		slot.Extract(text, c)
		slot.Capture(slot.Ticket, text, c, "")
		if spent := time.Since(start); spent > 5*time.Second {
			t.Errorf("a megabyte of %q took %v", unit, spent)
		}
	}
}
