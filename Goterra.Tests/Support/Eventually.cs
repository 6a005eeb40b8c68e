namespace Goterra.Tests.Support;

/// <summary>Waits for what comes about by itself; two minutes are the most that a busy machine may take.</summary>
public static class Eventually
{
    public static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    public static Task Async(Func<bool> holds) => Async(() => Task.FromResult(holds()));

    public static async Task Async(Func<Task<bool>> holds)
    {
        var start = TimeProvider.System.GetTimestamp();
        for (var pause = 1; !await holds(); pause = Math.Min(2 * pause, 200))
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(start) < Deadline, "It did not come about within two minutes.");
            await Task.Delay(TimeSpan.FromMilliseconds(pause), TimeProvider.System);
        }
    }
}
