package slot_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hotline-cc/hotline/dialog/slot"
)

func TestCaptureOfNumbers(t *testing.T) {
	for _, tt := range []struct {
		name    string
		kind    slot.Kind
		text    string
		partial string
		want    slot.Captured // Value, Problem, Partial and Repaired are compared
	}{
		{"a spoken mobile number", slot.Phone, "幺五四零零零零幺二三四", "", good("15400001234")},
		{"a typed one with marks", slot.Phone, "154-0000-1234", "", good("15400001234")},
		{"fillers and pauses are no digits", slot.Phone, "嗯 幺五四 那个 零零零零 呃 幺二三四", "", good("15400001234")},
		{"a group of three zeros", slot.Phone, "幺五四零三个零幺二三四", "", good("15400001234")},
		{"full-width digits", slot.Phone, "１５４００００１２３４", "", good("15400001234")},
		{"the first group waits for more", slot.Phone, "幺五四", "", short("154")},
		{"the second group adds to it", slot.Phone, "零零零零", "154", short("1540000")},
		{"the last group completes it", slot.Phone, "一二三四", "1540000", good("15400001234")},
		{"who begins again is not added", slot.Phone, "幺五四零零零零幺二三四", "1540000", good("15400001234")},
		{"a repeated beginning is dropped", slot.Phone, "幺五四 幺五四零零零零幺二三四", "", good("15400001234")},
		{"a correction replaces what came before", slot.Phone, "一三八零零 不对 幺五四零零零零幺二三四", "", good("15400001234")},
		{"the last four are amended", slot.Phone, "不对 后四位是三二三七", "15400003327", good("15400003237")},
		{"the first three are amended", slot.Phone, "前三位是一五四", "15600003237", good("15400003237")},
		{"a misheard first digit must be one", slot.Phone, "要五四零零零零幺二三四", "", repaired("15400001234")},
		{"a number that cannot be mobile", slot.Phone, "二五四零零零零幺二三四", "", problem(slot.Malformed)},
		{"too many digits", slot.Phone, "幺五四零零零零幺二三四五六", "", problem(slot.TooLong)},
		{"no digits", slot.Phone, "就用这个电话", "", problem(slot.Missing)},

		{"a land line with its area code", slot.Landline, "零幺零六二三四五六七八", "", good("01062345678")},
		{"a land line of eleven digits", slot.Landline, "0571 8123 4567", "", good("057181234567")},
		{"an area code that does not exist", slot.Landline, "0071 81234567", "", problem(slot.Malformed)},

		{"a work order", slot.Ticket, "二六幺零二零零零零三幺九", "", good("261020000319")},
		{"a work order with a digit misheard", slot.Ticket, "二六幺零二幺零零零三幺九", "", problem(slot.Checksum)},
		{"a date that is none", slot.Ticket, "261320000319", "", problem(slot.Malformed)},
		{"homophones that the check digit proves", slot.Ticket, "二留幺零二零零林零三幺九", "", repaired("261020000319")},
		{"homophones that it does not prove", slot.Ticket, "二留幺零二幺零林零三幺九", "", problem(slot.Checksum)},
		{"words around it", slot.Ticket, "哎 我再念一遍 二六幺零二零零零零三幺九 对", "", good("261020000319")},

		{"the sample of GB 11643", slot.IDCard, "11010519491231002X", "", good("11010519491231002X")},
		{"an X in small letters", slot.IDCard, "11010519491231002x", "", good("11010519491231002X")},
		{"a star by key stands for X", slot.IDCard, "11010519491231002*", "", good("11010519491231002X")},
		{"a spoken X", slot.IDCard, "一一零一零五一九四九一二三一零零二叉", "", good("11010519491231002X")},
		{"a wrong check digit of an ID", slot.IDCard, "110105194912310021", "", problem(slot.Checksum)},
		{"a province that does not exist", slot.IDCard, "99010519491231002X", "", problem(slot.Malformed)},
		{"a thirteenth month", slot.IDCard, "11010519491331002X", "", problem(slot.Malformed)},
		{"an ID in two turns", slot.IDCard, "幺二三幺零零二X", "1101051949", good("11010519491231002X")},

		{"the sample of GB 32100", slot.CreditCode, "91350100M000100Y43", "", good("91350100M000100Y43")},
		{"a wrong check character", slot.CreditCode, "91350100M000100Y44", "", problem(slot.Checksum)},
		{"a letter that the standard leaves out", slot.CreditCode, "91350100O000100Y43", "", problem(slot.Malformed)},

		{"a spoken VIN", slot.VIN, "L零ZA二B幺CXN五零零零幺二三", "", good("L0ZA2B1CXN5000123")},
		{"a VIN in small letters", slot.VIN, "1m8gdm9axkp042788", "", good("1M8GDM9AXKP042788")},
		{"a wrong check digit of a VIN", slot.VIN, "1M8GDM9A1KP042788", "", problem(slot.Checksum)},
		{"an O in a VIN", slot.VIN, "1M8GDM9AXKPO42788", "", problem(slot.Malformed)},

		{"a bank card in groups", slot.BankCard, "4111 1111 1111 1111", "", good("4111111111111111")},
		{"a card that fails Luhn", slot.BankCard, "4111 1111 1111 1112", "", problem(slot.Checksum)},
		{"a card of a scheme that has no such length", slot.BankCard, "35111111111111112", "", problem(slot.Malformed)},

		{"a spoken plate", slot.Plate, "云 z d 四零三七", "", good("云ZD4037")},
		{"six characters begin with a letter of new energy", slot.Plate, "车牌是云Z D四零三七幺", "", good("云ZD40371")},
		{"a new-energy plate", slot.Plate, "云ZD12345", "", good("云ZD12345")},
		{"a plate of a truck with new energy", slot.Plate, "云Z12345F", "", good("云Z12345F")},
		{"the province misheard", slot.Plate, "运Z D4037", "", repaired("云ZD4037")},
		{"a plate that is not complete", slot.Plate, "云Z D40", "", short("云ZD40")},
		{"a plate with O", slot.Plate, "云ZO4037", "", problem(slot.TooShort)},
		{"a plate in two turns", slot.Plate, "幺二三四五", "云Z", good("云Z12345")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := slot.Capture(tt.kind, tt.text, slot.Context{}, tt.partial)
			want := tt.want
			if diff := cmp.Diff(want.Value, got.Value); diff != "" || got.Problem != want.Problem || got.Repaired != want.Repaired {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if want.Problem == slot.TooShort && want.Partial != "" && got.Partial != want.Partial {
				t.Errorf("partial %q, want %q", got.Partial, want.Partial)
			}
			if got.Value != "" && slot.Validate(tt.kind, got.Value) != "" {
				t.Errorf("captured %q is not valid", got.Value)
			}
		})
	}
}

func good(v string) slot.Captured          { return slot.Captured{Value: v} }
func repaired(v string) slot.Captured      { return slot.Captured{Value: v, Repaired: true} }
func problem(p slot.Problem) slot.Captured { return slot.Captured{Problem: p} }
func short(partial string) slot.Captured {
	return slot.Captured{Problem: slot.TooShort, Partial: partial}
}

func TestCaptureOfAnswers(t *testing.T) {
	c := demo(t)
	c.Options = []string{"东湖区幸福小区", "西岭区幸福小区"}
	for _, tt := range []struct {
		name    string
		kind    slot.Kind
		text    string
		partial string
		want    slot.Captured
	}{
		{"yes", slot.YesNo, "对 没错", "", good("yes")},
		{"a doubled yes", slot.YesNo, "嗯嗯是的是的", "", good("yes")},
		{"no mistake is a yes", slot.YesNo, "没问题", "", good("yes")},
		{"no", slot.YesNo, "不是", "", good("no")},
		{"wrong is a no", slot.YesNo, "错了", "", good("no")},
		{"a yes that is taken back", slot.YesNo, "是 哦不 不是", "", good("no")},
		{"unsure", slot.YesNo, "我也不清楚", "", good("unsure")},
		{"a cry is no answer", slot.YesNo, "不好了", "", problem(slot.Missing)},
		{"a question back is no answer", slot.YesNo, "是不是呢", "", problem(slot.Missing)},

		{"a choice by number", slot.Choice, "第二个", "", good("西岭区幸福小区")},
		{"a choice by key", slot.Choice, "1", "", good("东湖区幸福小区")},
		{"a choice by name", slot.Choice, "西岭那个", "", good("西岭区幸福小区")},
		{"a choice by the sound of its name", slot.Choice, "冬湖的", "", good("东湖区幸福小区")},
		{"the last one", slot.Choice, "后面那个", "", good("西岭区幸福小区")},
		{"what the options share decides nothing", slot.Choice, "幸福小区", "", problem(slot.Unknown)},
		{"none of them", slot.Choice, "都不是", "", problem(slot.Unknown)},

		{"a place by its short name", slot.Address, "望景", "", good("望景嘉园")},
		{"a place by its sound", slot.Address, "旺景家园", "", repaired("望景嘉园")},
		{"a place and its building", slot.Address, "墨香苑一号楼", "", good("墨香苑1号楼")},
		{"namesakes are offered", slot.Address, "幸福小区", "", problem(slot.Ambiguous)},
		{"the district tells namesakes apart", slot.Address, "西岭区的幸福小区", "", good("幸福小区")},
		{"the district in the next turn", slot.Address, "西岭那个 铁佛那边", "幸福小区", good("幸福小区")},
		{"a building in the next turn", slot.Address, "对 六号楼三零二", "墨香苑", good("墨香苑6号楼302")},
		{"a building is put right", slot.Address, "不对是八栋", "墨香苑6栋", good("墨香苑8栋")},
		{"another place replaces the first", slot.Address, "不对 是碧桃苑", "墨香苑6栋", good("碧桃苑")},
		{"a place nobody knows", slot.Address, "罗马花园", "", problem(slot.Unknown)},

		{"a district", slot.District, "南浦", "", good("南浦区")},
		{"a district misheard", slot.District, "蓝浦区", "", repaired("南浦区")},
		{"a district that is taken back", slot.District, "东湖区 哦不 不是东湖区 是南浦区", "", good("南浦区")},
		{"the district of a place", slot.District, "石榴园", "", repaired("东湖区")},
		{"two roads of a name lie in two districts", slot.District, "建设路", "", problem(slot.Ambiguous)},

		{"a name", slot.Person, "我叫李伟", "", good("李伟")},
		{"a name told by its radicals", slot.Person, "我姓张弓长张", "", good("张")},
		{"a surname put right by its radicals", slot.Person, "我叫张华立早章", "", repaired("章华")},
		{"a given name put right", slot.Person, "叫张维 伟大的伟", "", repaired("张伟")},
		{"a surname and a title", slot.Person, "王师傅", "", good("王师傅")},

		{"money", slot.Amount, "三万六千块", "", good("36000")},
		{"asked for money, a number is money", slot.Amount, "三百五", "", good("350")},
		{"zero closes the gap", slot.Amount, "三百零五", "", good("305")},
		{"yuan and jiao", slot.Amount, "三十五块五", "", good("35.5")},
		{"money put right", slot.Amount, "三千块 不对 三万块", "", good("30000")},

		{"a bus", slot.Route, "一百零八路", "", good("108")},
		{"a metro line", slot.Route, "地铁2号线", "", good("地铁二号线")},
		{"a lost thing", slot.Item, "一个黑色的双肩包", "", good("黑色的双肩包")},
		{"an organisation by its short name", slot.Org, "供电公司", "", good("云州供电公司")},
		{"an organisation nobody knows", slot.Org, "云州宏盛五金", "", good("云州宏盛五金")},
		{"an emergency", slot.Service, "我家着火了", "", good("119")},
		{"a time", slot.Time, "下周三下午吧", "", good("下周三下午")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := slot.Capture(tt.kind, tt.text, c, tt.partial)
			if got.Value != tt.want.Value || got.Problem != tt.want.Problem || got.Repaired != tt.want.Repaired {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestNamesakesAreToldApartByTheirDistricts(t *testing.T) {
	got := slot.Capture(slot.Address, "幸福小区六栋", demo(t), "")
	want := []slot.Candidate{
		{Value: "幸福小区6栋", Label: "东湖区幸福小区", District: "东湖区", ID: "es.xingfu.dh"},
		{Value: "幸福小区6栋", Label: "西岭区幸福小区", District: "西岭区", ID: "es.xingfu.xl"},
	}
	if diff := cmp.Diff(want, got.Candidates); diff != "" {
		t.Error(diff)
	}
}

func TestReadBack(t *testing.T) {
	for _, tt := range []struct {
		kind                  slot.Kind
		value, spoken, masked string
	}{
		{slot.Phone, "15400001234", "幺五四，零零零零，幺二三四", "154****1234"},
		{slot.Ticket, "261020000319", "二六幺零二零，零零零，三幺九", "261020000319"},
		{slot.IDCard, "11010519491231002X", "幺幺零幺零五，幺九四九，幺二三幺，零零二X", "1101**********002X"},
		{slot.Plate, "云ZD4037", "云Z，D四零三七", "云Z***37"},
		{slot.Landline, "01062345678", "零幺零，六二三四，五六七八", "010****5678"},
		{slot.Amount, "36000", "三万六千元", "36000"},
		{slot.Amount, "10203.5", "一万零二百零三点五元", "10203.5"},
		{slot.Amount, "12", "十二元", "12"},
		{slot.Route, "108", "一百零八路", "108"},
		{slot.Service, "110", "幺幺零", "110"},
		{slot.Person, "王小明", "王小明", "王**"},
		{slot.Address, "墨香苑1号楼", "墨香苑1号楼", "墨香苑1号楼"},
	} {
		t.Run(string(tt.kind)+" "+tt.value, func(t *testing.T) {
			if got := slot.Spoken(tt.kind, tt.value); got != tt.spoken {
				t.Errorf("spoken %s, want %s", got, tt.spoken)
			}
			if got := slot.Masked(tt.kind, tt.value); got != tt.masked {
				t.Errorf("masked %s, want %s", got, tt.masked)
			}
		})
	}
}

func TestLuhnAgreesWithKnownNumbers(t *testing.T) {
	for digits, want := range map[string]byte{"7992739871": '3', "411111111111111": '1', "00000000000": '0', "26112600001": '5'} {
		if got := slot.CheckDigit(digits); got != want {
			t.Errorf("%s: %c, want %c", digits, got, want)
		}
	}
}
