using System.Globalization;
using System.Security.Cryptography;
using Goterra.Api.Configuration;
using Goterra.Api.Tls;
using Goterra.Core.Access;
using Goterra.Infrastructure;
using Goterra.Infrastructure.Maintenance;

namespace Goterra.Api.Hosting;

/// <summary>
/// <c>goterra-store check</c>: whether a server could start and work, a line for each thing that it needs.
/// </summary>
internal static class CheckCommand
{
    private static readonly TimeSpan ToleratedDifference = TimeSpan.FromSeconds(30);

    /// <returns>The exit code: 1 if there is an error.</returns>
    public static async Task<int> RunAsync(
        ServerArguments arguments, IReadOnlyDictionary<string, string?> environment, TextWriter output)
    {
        ServerOptions options;
        try
        {
            options = ServerConfiguration.Inspect(arguments, environment, Directory.GetCurrentDirectory());
        }
        catch (InvalidConfigurationException e)
        {
            await output.WriteLineAsync(new CheckResult("configuration", CheckState.Error, e.Message).ToString());
            return 2;
        }

        var store = await StoreSurvey.CheckAsync(options.Store, options.Secrets);
        List<CheckResult> results =
        [
            .. Configuration(options), Secret(options, store), .. Store(options, store),
            await AuthServiceAsync(options), Clock(store), .. Certificate(options), .. Audit(options),
        ];
        foreach (var result in results)
            await output.WriteLineAsync(result.ToString());
        return results.Any(result => result.State == CheckState.Error) ? 1 : 0;
    }

    private static IEnumerable<CheckResult> Configuration(ServerOptions options)
    {
        foreach (var warning in options.Warnings)
            yield return new CheckResult("configuration", CheckState.Warning, warning);
        yield return new CheckResult("configuration", CheckState.Ok, options.Sources is { FileExisted: true } sources
            ? sources.FilePath
            : "no file; environment and defaults only");
    }

    private static CheckResult Secret(ServerOptions options, StoreFindings store) => options.SecretFile switch
    {
        { } file when !File.Exists(file) =>
            new CheckResult("secret", CheckState.Ok, $"the first start creates it in {file}"),
        _ when store.HasOtherSecret => new CheckResult(
            "secret", CheckState.Error,
            "the store was created with another one. Restore it, or add it to 'previous_secrets'"),
        var file => new CheckResult("secret", CheckState.Ok, file ?? "from the configuration"),
    };

    private static IEnumerable<CheckResult> Store(ServerOptions options, StoreFindings store)
    {
        var name = options.Store.Redis?.ToString() ?? $"embedded, in {options.Store.Data}";
        foreach (var warning in store.Warnings)
            yield return new CheckResult("store", CheckState.Warning, $"{name}: {warning}");
        foreach (var error in store.Errors)
            yield return new CheckResult("store", CheckState.Error, $"{name}: {error}");
        if (store.Errors.Count == 0)
            yield return new CheckResult(
                "store", CheckState.Ok, store.Exists ? $"{name}: intact" : $"{name}: not created yet");
        if (store.IsDamaged)
            yield return new CheckResult(
                "store", CheckState.Error,
                "stop the server, move the folder away, and restore a backup: goterra-store restore FILE");
    }

    private static async Task<CheckResult> AuthServiceAsync(ServerOptions options)
    {
        if (options.Users.Auth is not { } auth)
            return new CheckResult("auth service", CheckState.Ok, "not configured");

        await using var services = new ServiceCollection()
            .AddSingleton(TimeProvider.System)
            .AddSingleton(options.Access)
            .AddGoterraUsers(options.Users)
            .BuildServiceProvider();
        try
        {
            // An unknown key: the service has to refuse it.
            await services.GetRequiredService<IUserDirectory>().FindByApiKeyAsync(
                RandomNumberGenerator.GetHexString(64, lowercase: true), CancellationToken.None);
            return new CheckResult("auth service", CheckState.Ok, $"{auth.Base}");
        }
        catch (UserDirectoryUnavailableException e)
        {
            return new CheckResult("auth service", CheckState.Error, $"{auth.Base}: {e.Message}");
        }
    }

    private static CheckResult Clock(StoreFindings store)
    {
        var now = TimeProvider.System.GetUtcNow();
        var text = now.ToString("u", CultureInfo.InvariantCulture);
        if (store.Clock is { } clock && (clock - now).Duration() >= ToleratedDifference)
            return new CheckResult(
                "clock", CheckState.Warning,
                $"{text}; the clock of Redis differs by {(clock - now).Duration():c}. Synchronize both (NTP)");
        return store.LastWrite - now >= ToleratedDifference
            ? new CheckResult(
                "clock", CheckState.Error,
                $"{text}, which is before the last write to the store ({store.LastWrite:u}). Correct the clock (NTP)")
            : new CheckResult("clock", CheckState.Ok, text);
    }

    private static IEnumerable<CheckResult> Audit(ServerOptions options)
    {
        if (options.Audit is not { File: var file })
            return [];
        if (Directory.Exists(file))
            return [new CheckResult("audit", CheckState.Error, $"{file} is a directory")];
        return Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(file)))
            ? [new CheckResult("audit", CheckState.Ok, file)]
            : [new CheckResult("audit", CheckState.Error, $"the directory of {file} does not exist")];
    }

    private static IEnumerable<CheckResult> Certificate(ServerOptions options)
    {
        if (options.Web.Tls is not { } tls)
            return [];

        try
        {
            var certificate = ServerCertificate.Load(tls);
            var left = certificate.NotAfter - TimeProvider.System.GetUtcNow();
            var state = left <= TimeSpan.Zero ? CheckState.Error
                : left <= CertificateWatch.NoticePeriod ? CheckState.Warning
                : CheckState.Ok;
            return [new CheckResult("certificate", state, string.Create(
                CultureInfo.InvariantCulture, $"{certificate.Subject}, valid until {certificate.NotAfter:u}"))];
        }
        catch (InvalidConfigurationException e)
        {
            return [new CheckResult("certificate", CheckState.Error, e.Message)];
        }
    }

    private enum CheckState
    {
        Ok,
        Warning,
        Error,
    }

    private sealed record CheckResult(string Name, CheckState State, string Text)
    {
        public override string ToString() =>
            $"{Name}: {State.ToString().ToLowerInvariant()}: {Text.ReplaceLineEndings(" ")}";
    }
}
