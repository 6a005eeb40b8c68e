using Goterra.Api.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace Goterra.Api.Namespaces;

/// <summary>Whose deployments are listed.</summary>
public sealed class AllQuery : IRequestInput<AllQuery>
{
    /// <summary>With <c>true</c>, those of all users and namespaces; for admins.</summary>
    [FromQuery(Name = "all")]
    public bool? All { get; private init; }

    static AllQuery? IRequestInput<AllQuery>.Read(HttpRequest request, ModelStateDictionary errors) =>
        new() { All = RawQuery.ReadFlag(request, "all", errors) };
}
