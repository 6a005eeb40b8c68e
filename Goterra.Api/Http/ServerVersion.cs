using System.Reflection;

namespace Goterra.Api.Http;

/// <summary>The version of this program.</summary>
internal static class ServerVersion
{
    public static readonly string Text =
        typeof(ServerVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
        ?? "unknown";
}
