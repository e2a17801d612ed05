// The icons of the console. They stand beside words, so that readers of the screen need not hear of them.
import {
  AudioMutedOutlined as AudioMutedIcon,
  AudioOutlined as AudioIcon,
  AuditOutlined as AuditIcon,
  BarChartOutlined as BarChartIcon,
  CalendarOutlined as CalendarIcon,
  CaretRightOutlined as CaretRightIcon,
  CheckOutlined as CheckIcon,
  CustomerServiceOutlined as CustomerServiceIcon,
  DashboardOutlined as DashboardIcon,
  DisconnectOutlined as DisconnectIcon,
  DownOutlined as DownIcon,
  DownloadOutlined as DownloadIcon,
  EyeOutlined as EyeIcon,
  FileSearchOutlined as FileSearchIcon,
  IdcardOutlined as IdcardIcon,
  LockOutlined as LockIcon,
  LogoutOutlined as LogoutIcon,
  MessageOutlined as MessageIcon,
  MinusCircleOutlined as MinusCircleIcon,
  NumberOutlined as NumberIcon,
  PauseOutlined as PauseIcon,
  PhoneOutlined as PhoneIcon,
  PlayCircleOutlined as PlayCircleIcon,
  PlusOutlined as PlusIcon,
  RobotOutlined as RobotIcon,
  SafetyOutlined as SafetyIcon,
  SoundOutlined as SoundIcon,
  SwapOutlined as SwapIcon,
  TeamOutlined as TeamIcon,
  UnorderedListOutlined as UnorderedListIcon,
  UserOutlined as UserIcon,
  UsergroupAddOutlined as UsergroupAddIcon,
  WarningOutlined as WarningIcon,
} from "@ant-design/icons";
import type { ComponentType } from "react";

interface Props {
  rotate?: number;
  role?: string;
}

const silent = (Icon: ComponentType<Props & { "aria-label"?: string; "aria-hidden"?: boolean }>) => (props: Props) => <Icon role={undefined} aria-label={undefined} aria-hidden {...props} />;

export const AudioMutedOutlined = silent(AudioMutedIcon);
export const AudioOutlined = silent(AudioIcon);
export const AuditOutlined = silent(AuditIcon);
export const BarChartOutlined = silent(BarChartIcon);
export const CalendarOutlined = silent(CalendarIcon);
export const CaretRightOutlined = silent(CaretRightIcon);
export const CheckOutlined = silent(CheckIcon);
export const CustomerServiceOutlined = silent(CustomerServiceIcon);
export const DashboardOutlined = silent(DashboardIcon);
export const DisconnectOutlined = silent(DisconnectIcon);
export const DownOutlined = silent(DownIcon);
export const DownloadOutlined = silent(DownloadIcon);
export const EyeOutlined = silent(EyeIcon);
export const FileSearchOutlined = silent(FileSearchIcon);
export const IdcardOutlined = silent(IdcardIcon);
export const LockOutlined = silent(LockIcon);
export const LogoutOutlined = silent(LogoutIcon);
export const MessageOutlined = silent(MessageIcon);
export const MinusCircleOutlined = silent(MinusCircleIcon);
export const NumberOutlined = silent(NumberIcon);
export const PauseOutlined = silent(PauseIcon);
export const PhoneOutlined = silent(PhoneIcon);
export const PlayCircleOutlined = silent(PlayCircleIcon);
export const PlusOutlined = silent(PlusIcon);
export const RobotOutlined = silent(RobotIcon);
export const SafetyOutlined = silent(SafetyIcon);
export const SoundOutlined = silent(SoundIcon);
export const SwapOutlined = silent(SwapIcon);
export const TeamOutlined = silent(TeamIcon);
export const UnorderedListOutlined = silent(UnorderedListIcon);
export const UserOutlined = silent(UserIcon);
export const UsergroupAddOutlined = silent(UsergroupAddIcon);
export const WarningOutlined = silent(WarningIcon);
