import { refuseInLoadWindow } from "../../../tools/exercise/window";
import type { EnvironmentConfig } from "../../../config/schema/environment";

const environment = {
  loadWindow: { start: "09:00", end: "11:30", timeZone: "America/New_York" },
} as unknown as EnvironmentConfig;
const at = (time: string, minutes?: number) => () =>
  refuseInLoadWindow(environment, Date.parse(`2026-11-29T${time}:00Z`), minutes);

describe("the load window", () => {
  it("refuses in it, by summer time and by winter time, whatever the season", () => {
    expect(at("12:59")).not.toThrow();
    expect(at("13:00")).toThrow("this is the load window, 09:00-11:30 America/New_York");
    expect(at("16:29")).toThrow("Come back after it");
    expect(at("16:30")).not.toThrow();
  });

  it("refuses what would reach into it", () => {
    expect(at("12:29", 30)).not.toThrow();
    expect(at("12:31", 30)).toThrow("it takes 30 minutes, and would reach into the load window");
    expect(at("23:00", 900)).toThrow("would reach into");
  });
});
